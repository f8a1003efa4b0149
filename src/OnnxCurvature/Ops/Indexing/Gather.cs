using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The entries of x along an axis at given indices; linear in x.</summary>
internal sealed class Gather : LinearOperator
{
    /// <summary>The most parts that a gathering from constants is put together from.</summary>
    private const int MostSingleParts = 64;

    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>The entries of a value along an axis.</summary>
    public static Value Of(GraphBuilder b, Value x, Value indices, int axis) =>
        Catalogue.Get<Gather>().Apply(b, [x, indices], Attributes.Empty.With("axis", (long)axis)).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, indices) = (call.Required(0).Type, call.Required(1).Type.Shape);
        var axis = Axes.Normalize(call.Attributes.Int("axis", 0), x.Rank);
        return [x with { Shape = x.Shape.Range(0, axis).Concat(indices).Concat(x.Shape.Range(axis + 1, x.Rank)) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node)
    {
        if (node.Inputs[0]!.Contents is not { } contents || node.Inputs[1]!.Contents is not { } indices)
            return null;
        return indices.All(index => index.Known is { } position && position >= -contents.Length && position < contents.Length)
            ? [.. indices.Select(index => contents[(int)(index.Factor < 0 ? index.Factor + contents.Length : index.Factor)])]
            : null;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, indices) = (inputs[0]!, inputs[1]!);
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), x.Rank);
        var size = x.Shape[axis];
        var inner = (int)x.Shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        var outer = (int)x.Shape.Take(axis).Aggregate(1L, (a, b) => a * b);
        var positions = new int[outer * indices.Count * inner];
        var next = 0;
        for (var i = 0; i < outer; i++)
            foreach (var index in indices.Integers)
                for (var k = 0; k < inner; k++)
                    positions[next++] = (int)((i * size + (index < 0 ? index + size : index)) * inner + k);
        return [x.Gather([.. x.Shape.Take(axis), .. indices.Shape, .. x.Shape.Skip(axis + 1)], positions)];
    }

    /// <summary>
    /// The cotangents added up at the indices they were taken from: a product with the one-hot matrix of the indices, which
    /// every opset has and which adds in a fixed order.
    /// </summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var (x, indices) = (node.Inputs[0]!.Type.Shape, node.Inputs[1]!);
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), x.Rank);
        var size =
            x[axis].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {x[axis]} of a gathered axis is not known; give the sizes of symbolic dimensions."
            );
        var (outer, count, inner) = (x.Product(0, axis), indices.Type.Shape.Elements, x.Product(axis + 1, x.Rank));
        var oneHot = OneHotRows.Of(b, Reshape.To(b, FromFront(b, indices, size), [count]), size, cy[0]!.Type.Element);
        var taken = Reshape.To(b, cy[0]!, [outer, count, inner]);
        return Reshape.To(b, MatMul.Of(b, TransposeAxes.Of(b, oneHot, 1, 0), taken), x);
    }

    /// <summary>
    /// Where each direction has indices of its own, entries of one x for all follow from a longer list, and those of an x for each from
    /// products with one-hot matrices.
    /// </summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var (x, indices) = (node.Inputs[0]!.Type.Shape, node.Inputs[1]!.Type.Shape);
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), x.Rank);
        if (!batched[1])
            return [Of(b, inputs[0]!, inputs[1]!, axis + 1)];
        if (!batched[0])
            return [TransposeAxes.Move(b, Of(b, inputs[0]!, inputs[1]!, axis), axis, 0)];
        var size =
            x[axis].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {x[axis]} of a gathered axis is not known; give the sizes of symbolic dimensions."
            );
        var oneHot = OneHotRows.Of(
            b,
            Reshape.To(b, FromFront(b, inputs[1]!, size), [indices.Elements * directions]),
            size,
            inputs[0]!.Type.Element
        );
        var gathered = MatMul.Of(
            b,
            Reshape.To(b, oneHot, [directions, 1, indices.Elements, size]),
            Reshape.To(b, inputs[0]!, [directions, x.Product(0, axis), size, x.Product(axis + 1, x.Rank)])
        );
        return [Reshape.To(b, gathered, node.Output.Type.Shape.Prepend(directions))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), node.Inputs[0]!.Type.Rank);
        return
        [
            (inputs[0], inputs[1]) switch
            {
                ({ IsNone: true }, { IsSeparate: true } indices) => SampleLayout.At(axis + indices.Axis),
                ({ IsSeparate: true } data, { IsNone: true }) when data.Axis < axis => data,
                ({ IsSeparate: true } data, { IsNone: true }) when data.Axis > axis => SampleLayout.At(
                    data.Axis - 1 + node.Inputs[1]!.Type.Rank
                ),
                _ => SampleLayout.Coupled,
            },
        ];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <summary>Indices that are counted from the back where they are negative, counted from the front.</summary>
    private static Value FromFront(GraphBuilder b, Value indices, long size)
    {
        var element = indices.Type.Element;
        if (!indices.IsWeight && indices.Constant?.Read() is { } known)
            return b.Constant(
                Tensor.Of(element, known.Shape.AsSpan(), Array.ConvertAll(known.Integers, index => index < 0 ? index + size : index))
            );
        var isNegative = Cast.Of(b, Less.Of(b, indices, b.Scalar(element, 0)), element);
        return Add.Of(b, indices, Mul.Of(b, isNegative, b.Scalar(element, size)));
    }

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <summary>Indices that hold no input are cut into single positions, and these are put together in the order of the indices.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var x = call.Required(0);
        if (
            !gaps.HasFlag(EngineGaps.ConstantData)
            || call.Required(1).Constant is null
            || call.Required(1).Type.Rank == 0
            || !GraphWalk.HoldsNoParameter(x)
        )
            return null;
        var axis = Axes.Normalize(call.Attributes.Int("axis", 0), x.Type.Rank);
        var indices = call.ConstantIntegers(1)!;
        if (x.Type.Shape[axis].Known is not { } size || indices.Length > MostSingleParts)
            throw new UnsupportedOperatorException($"it takes {indices.Length} parts of a constant.");
        var parts = indices.Select(index => index < 0 ? index + size : index).Select(at => Slice.Of(b, x, axis, at, at + 1));
        return [Reshape.To(b, Concat.Of(b, [.. parts], axis), types[0].Shape)];
    }

    /// <summary>
    /// Entries that are all there are, in order, are the value itself; rows of gathered rows are gathered once, by the gathered indices.
    /// </summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        var (x, indices) = (inputs[0]!, inputs[1]!);
        var size = x.Type.Shape[Axes.Normalize(node.Attributes.Int("axis", 0), x.Type.Rank)];
        if (indices is { IsWeight: false, Constant: InlineConstant constant } && IsAll(constant.Read(), size))
            return new SimplerNode(x, inputs, node.Attributes);
        return
            TakesRows(node) && x.Producer is { Operator: Gather, Inputs: [{ } from, { Type.Rank: 1 } rows] } gathered && TakesRows(gathered)
            ? new SimplerNode(null, [from, Of(b, rows, indices, 0)], node.Attributes)
            : null;
    }

    private static bool TakesRows(Node gather) => Axes.Normalize(gather.Attributes.Int("axis", 0), gather.Inputs[0]!.Type.Rank) == 0;

    private static bool IsAll(Tensor indices, Dim size) =>
        size.Known == indices.Count && indices.Rank == 1 && indices.Integers.Index().All(entry => entry.Index == entry.Item);

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <summary>The positions lie in one row: engines of matrices take no more axes of them.</summary>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide)
    {
        var (x, indices) = (wide(node.Inputs[0]!), node.Inputs[1]!);
        var rank = node.Inputs[0]!.Type.Rank;
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), rank) + x.Type.Rank - rank;
        var row = Reshape.To(b, wide(indices), [1, indices.Type.Shape.Elements]);
        return Reshape.To(b, Of(b, x, row, axis), Matrices.ShapeOf(node.Output.Type.Shape));
    }

    /// <inheritdoc/>
    public override bool Selects => true;
}
