using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// Work that is done for chunks of directions, one after another: a body that takes the number of the chunk and the running
/// sums, and gives the new sums and what each chunk yields for itself. It becomes an ONNX Loop, whose body a runner may also drive
/// from outside; a single chunk becomes a part of the program around it.
/// </summary>
internal sealed class ChunkLoop
{
    private readonly List<(Value? State, Value Next)> _sums = [];
    private readonly List<Value> _yields = [];
    private Func<Slot, Value>? _results;

    /// <summary>A chunk loop of a number of directions, of which <paramref name="chunkSize"/> are done at a time.</summary>
    public ChunkLoop(GraphBuilder outer, long directions, int chunkSize)
    {
        Outer = outer;
        Directions = directions;
        ChunkSize = chunkSize;
        Chunks = (directions + chunkSize - 1) / chunkSize;
        Body = new GraphBuilder(outer);
        Chunk = Body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var first = Mul.Of(Body, Chunk, Body.Scalar(ElementType.Int64, chunkSize));
        var indices = Add.Of(Body, first, Body.Vector([.. Enumerable.Range(0, chunkSize).Select(index => (long)index)]));
        // The last chunk may reach beyond the directions: there it repeats the last one, and InRange is zero.
        var last = Body.Scalar(ElementType.Int64, directions - 1);
        InRange = Chunks * chunkSize == directions ? null : Ops.Logic.LessOrEqual.Of(Body, indices, last);
        Indices = InRange is null ? indices : Min.Of(Body, indices, last);
    }

    /// <summary>
    /// Whether products are to be taken at nonzero channels only, so that a factor that is zero at some entries had better be a part of the
    /// body.
    /// </summary>
    public bool MasksProducts { get; init; }

    /// <summary>The builder of the program around the body.</summary>
    public GraphBuilder Outer { get; }

    /// <summary>The builder of the body.</summary>
    public GraphBuilder Body { get; }

    /// <summary>The number of directions.</summary>
    public long Directions { get; }

    /// <summary>Directions in one chunk.</summary>
    public int ChunkSize { get; }

    /// <summary>Whether all directions are done at once.</summary>
    public bool IsSingle => Chunks == 1;

    /// <summary>The number of chunks.</summary>
    public long Chunks { get; }

    /// <summary>The body's first parameter: the number of the chunk, a 64-bit scalar.</summary>
    public Value Chunk { get; }

    /// <summary>The directions of the chunk, 64-bit integers [K].</summary>
    public Value Indices { get; }

    /// <summary>Which directions of the chunk there are, booleans [K]; null where there are always all.</summary>
    public Value? InRange { get; }

    /// <summary>The terms that each chunk adds to the running sums.</summary>
    public IEnumerable<Value> Sums => _sums.Select(sum => sum.Next);

    /// <summary>Directions with those set to zero that are beyond the last. The directions lie along the first axis.</summary>
    public Value Masked(Value directions)
    {
        if (InRange is null)
            return directions;
        var shape = TensorShape.Of(Enumerable.Repeat(1L, directions.Type.Rank)).With(0, ChunkSize);
        return Mul.Of(Body, directions, Cast.Of(Body, Reshape.To(Body, InRange, shape), directions.Type.Element));
    }

    /// <summary>
    /// Adds a running sum of <paramref name="term"/>, a value of the body. <see cref="Result"/> gives it after <see cref="Close"/>.
    /// </summary>
    public Slot Accumulate(Value term)
    {
        var state = IsSingle ? null : Body.Parameter(term.Type);
        _sums.Add((state, state is null ? term : Add.Of(Body, state, term)));
        return new Slot(true, _sums.Count - 1);
    }

    /// <summary>
    /// Gives out <paramref name="value"/>, a value [K, …] of the body, for all directions: <see cref="Result"/> has the shape [directions,
    /// …].
    /// </summary>
    public Slot Collect(Value value)
    {
        _yields.Add(value);
        return new Slot(false, _yields.Count - 1);
    }

    /// <summary>The body as it stands: the chunk and the states in, the new states and what is collected out.</summary>
    public Program BuildBody() =>
        Body.Build(
            [Chunk, .. _sums.Select(sum => sum.State).OfType<Value>()],
            [
                .. _sums.Select((sum, index) => new NamedValue($"sum_{index}", sum.Next)),
                .. _yields.Select((value, index) => new NamedValue($"direction_{index}", value)),
            ]
        );

    /// <summary>
    /// Rebuilds the body's outputs: <paramref name="pass"/> gives other values for those of <see cref="BuildBody"/>, in their order.
    /// </summary>
    public void Rewrite(Func<Program, IReadOnlyList<Value>> pass)
    {
        var outputs = pass(BuildBody());
        for (var index = 0; index < _sums.Count; index++)
            _sums[index] = (_sums[index].State, outputs[index]);
        for (var index = 0; index < _yields.Count; index++)
            _yields[index] = outputs[_sums.Count + index];
    }

    /// <summary>Ends the body, to which nothing can be added after that.</summary>
    public void Close() => _results = IsSingle ? Inlined() : Looped();

    /// <summary>The contents of a slot after all chunks, a value of the outer program.</summary>
    public Value Result(Slot slot) => (_results ?? throw new InvalidOperationException("The chunk loop is not closed."))(slot);

    private Func<Slot, Value> Inlined()
    {
        var (body, map) = (BuildBody(), new Dictionary<Value, Value> { [Chunk] = Outer.Scalar(ElementType.Int64, 0) });
        BodyCopy.Into(Outer, body.Nodes, map);
        return slot => BodyCopy.Mapped(map, slot.IsSum ? _sums[slot.Index].Next : _yields[slot.Index]);
    }

    private Func<Slot, Value> Looped()
    {
        var going = Body.Parameter(new TensorType(ElementType.Bool, TensorShape.Scalar));
        // An output of a body that is one of its parameters as it is trips some runtimes, hence the Identity.
        var still = Catalogue.Get<Identity>().Apply(Body, [going]).Output;
        var states = _sums.Select(sum => sum.State!).ToArray();
        var body = BuildBody();
        var program = Body.Build([Chunk, going, .. states], body.Outputs.Prepend(new NamedValue("going", still)));
        var zeros = states.Select(state => (Value?)Expand.Of(Outer, Outer.Scalar(state.Type.Element, 0), state.Type.Shape));
        var loop = Catalogue
            .Get<Loop>()
            .Apply(
                Outer,
                [Outer.Scalar(ElementType.Int64, Chunks), null, .. zeros],
                Attributes.Empty.With("body", program),
                _sums.Count + _yields.Count,
                [
                    .. states.Select(state => state.Type),
                    .. _yields.Select(value => value.Type with { Shape = value.Type.Shape.Prepend(Chunks) }),
                ]
            );
        return slot => slot.IsSum ? loop.Outputs[slot.Index] : Joined(loop.Outputs[_sums.Count + slot.Index]);
    }

    /// <summary>The results of the chunks, [chunks, K, …], as [directions, …].</summary>
    private Value Joined(Value stacked) =>
        Slice.Of(Outer, Reshape.To(Outer, stacked, stacked.Type.Shape.Remove(0).With(0, Chunks * ChunkSize)), 0, 0, Directions);

    /// <summary>A place among the results of a chunk loop.</summary>
    public readonly record struct Slot(bool IsSum, int Index);
}
