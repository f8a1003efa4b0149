using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods;

/// <summary>
/// Work that is done for chunks of columns, one after another: a body that takes the number of the chunk and the running
/// sums, and gives the new sums and what each chunk yields for itself. It becomes an ONNX Loop; a runner may also drive the body
/// from outside.
/// </summary>
public sealed class ColumnStage
{
    private readonly List<(Value State, Value Next)> _sums = [];
    private readonly List<Value> _yields = [];
    private Node? _loop;

    /// <summary>A stage of a number of columns, of which <paramref name="chunkSize"/> are done at a time.</summary>
    public ColumnStage(GraphBuilder outer, long columns, int chunkSize)
    {
        Outer = outer;
        Columns = columns;
        ChunkSize = chunkSize;
        Chunks = (columns + chunkSize - 1) / chunkSize;
        Body = new GraphBuilder(outer);
        Chunk = Body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var first = Mul.Of(Body, Chunk, Body.Scalar(ElementType.Int64, chunkSize));
        var indices = Add.Of(Body, first, Body.Vector([.. Enumerable.Range(0, chunkSize).Select(index => (long)index)]));
        // The last chunk may reach beyond the columns: there it repeats the last one, and InRange is zero.
        var last = Body.Scalar(ElementType.Int64, columns - 1);
        InRange = Chunks * chunkSize == columns ? null : Ops.Logic.LessOrEqual.Of(Body, indices, last);
        Indices = InRange is null ? indices : Min.Of(Body, indices, last);
    }

    /// <summary>The builder of the program around the body.</summary>
    public GraphBuilder Outer { get; }

    /// <summary>The builder of the body.</summary>
    public GraphBuilder Body { get; }

    /// <summary>The number of columns.</summary>
    public long Columns { get; }

    /// <summary>Columns in one chunk.</summary>
    public int ChunkSize { get; }

    /// <summary>The number of chunks.</summary>
    public long Chunks { get; }

    /// <summary>The body's first parameter: the number of the chunk, a 64-bit scalar.</summary>
    public Value Chunk { get; }

    /// <summary>The columns of the chunk, 64-bit integers [K].</summary>
    public Value Indices { get; }

    /// <summary>Which columns of the chunk there are, booleans [K]; null where there are always all.</summary>
    public Value? InRange { get; }

    /// <summary>Columns with those set to zero that are beyond the last. The columns lie along the first axis.</summary>
    public Value Masked(Value columns)
    {
        if (InRange is null)
            return columns;
        var shape = TensorShape.Of(Enumerable.Repeat(1L, columns.Type.Rank)).With(0, ChunkSize);
        return Mul.Of(Body, columns, Cast.Of(Body, Reshape.To(Body, InRange, shape), columns.Type.Element));
    }

    /// <summary>Adds a running sum of <paramref name="term"/>, a value of the body. <see cref="Result"/> gives it after <see cref="Close"/>.</summary>
    public Slot Accumulate(Value term)
    {
        var state = Body.Parameter(term.Type);
        _sums.Add((state, Add.Of(Body, state, term)));
        return new Slot(true, _sums.Count - 1);
    }

    /// <summary>Gives out <paramref name="value"/>, a value [K, …] of the body, for all columns: <see cref="Result"/> has the shape [columns, …].</summary>
    public Slot Collect(Value value)
    {
        _yields.Add(value);
        return new Slot(false, _yields.Count - 1);
    }

    /// <summary>The body as it stands: the chunk and the states in, the new states and what is collected out.</summary>
    public Program BuildBody() => Body.Build(
        [Chunk, .. _sums.Select(sum => sum.State)],
        [.. _sums.Select((sum, index) => new NamedValue($"sum_{index}", sum.Next)), .. _yields.Select((value, index) => new NamedValue($"column_{index}", value))]);

    /// <summary>Rebuilds the body's outputs: <paramref name="pass"/> gives other values for those of <see cref="BuildBody"/>, in their order.</summary>
    public void Rewrite(Func<Program, IReadOnlyList<Value>> pass)
    {
        var outputs = pass(BuildBody());
        for (var index = 0; index < _sums.Count; index++)
            _sums[index] = (_sums[index].State, outputs[index]);
        for (var index = 0; index < _yields.Count; index++)
            _yields[index] = outputs[_sums.Count + index];
    }

    /// <summary>Builds the loop. Nothing can be added to the body after that.</summary>
    public void Close()
    {
        var going = Body.Parameter(new TensorType(ElementType.Bool, TensorShape.Scalar));
        // An output of a body that is one of its parameters as it is trips some runtimes, hence the Identity.
        var still = Catalogue.Get<Identity>().Apply(Body, [going]).Output;
        var program = Body.Build(
            [Chunk, going, .. _sums.Select(sum => sum.State)],
            [new NamedValue("going", still), .. _sums.Select((sum, index) => new NamedValue($"sum_{index}", sum.Next)), .. _yields.Select((value, index) => new NamedValue($"column_{index}", value))]);
        var zeros = _sums.Select(sum => (Value?)Expand.Of(Outer, Outer.Scalar(sum.State.Type.Element, 0), sum.State.Type.Shape));
        _loop = Catalogue.Get<Loop>().Apply(Outer,
            [Outer.Scalar(ElementType.Int64, Chunks), null, .. zeros],
            Attributes.Empty.With("body", program),
            _sums.Count + _yields.Count,
            [.. _sums.Select(sum => sum.State.Type), .. _yields.Select(value => value.Type with { Shape = value.Type.Shape.Prepend(Chunks) })]);
    }

    /// <summary>What a slot holds after all chunks, a value of the outer program.</summary>
    public Value Result(Slot slot)
    {
        var loop = _loop ?? throw new InvalidOperationException("The stage is not closed.");
        if (slot.IsSum)
            return loop.Outputs[slot.Index];
        var stacked = loop.Outputs[_sums.Count + slot.Index];
        var shape = stacked.Type.Shape.Remove(0).With(0, Chunks * ChunkSize);
        return Slice.Of(Outer, Reshape.To(Outer, stacked, shape), 0, 0, Columns);
    }

    /// <summary>A place among the results of a stage.</summary>
    public readonly record struct Slot(bool IsSum, int Index);
}
