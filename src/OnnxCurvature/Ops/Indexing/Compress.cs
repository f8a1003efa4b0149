using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// The slices of x along <c>axis</c>, or without one its entries in a row, for which a condition holds. Linear in x; in derivatives it
/// becomes <see cref="Gather"/> at the indices where the condition holds. Inputs: x, condition.
/// </summary>
internal sealed class Compress : Operator
{
    /// <summary>The number of slices is known where the condition is a constant.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var condition = call.Required(1) is { Constant: not null } constant
            ? constant.CompileIn()
            : throw new UnsupportedOperatorException("the number of entries that Compress keeps is known only at run time.");
        var count = Kept(condition).Length;
        return [x with { Shape = Axis(call.Attributes, x.Rank) is { } axis ? x.Shape.With(axis, count) : [count] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType>? InferAtRunTime(OperatorCall call)
    {
        if (call.Required(1).Producer is not { } condition)
            return null;
        var (x, count) = (call.Required(0).Type, Dim.OfData($"kept_{condition.Id}"));
        return [x with { Shape = Axis(call.Attributes, x.Rank) is { } axis ? x.Shape.With(axis, count) : [count] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, kept) = (inputs[0]!, Kept(inputs[1]!));
        if (Axis(node.Attributes, x.Rank) is not { } axis)
            return [x.Gather([kept.Length], [.. kept.Select(index => (int)index)])];
        var inner = (int)x.Shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        var outer = (int)x.Shape.Take(axis).Aggregate(1L, (a, b) => a * b);
        var positions =
            from o in Enumerable.Range(0, outer)
            from k in kept
            from i in Enumerable.Range(0, inner)
            select (int)((o * x.Shape[axis] + k) * inner + i);
        return [x.Gather(x.Shape.SetItem(axis, kept.Length).AsSpan(), [.. positions])];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [dx[0] is { } tangent ? Compacted(b, node, tangent, 0) : null];

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        batched[1]
            ? throw new UnsupportedOperatorException("Compress cannot take a condition that differs between directions.")
            : [Compacted(b, node, inputs[0]!, 1)];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [
            inputs[1].IsNone && Axis(node.Attributes, node.Inputs[0]!.Type.Rank) is { } axis && inputs[0].Axis != axis
                ? inputs[0]
                : SampleLayout.Coupled,
        ];

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <summary>The entries that a node keeps, of a value with some leading axes more than its input.</summary>
    private static Value Compacted(GraphBuilder b, Node node, Value x, int leading)
    {
        var (shape, axis) = (node.Inputs[0]!.Type.Shape, Axis(node.Attributes, node.Inputs[0]!.Type.Rank));
        if (axis is null)
            x = Reshape.To(b, x, x.Type.Shape.Range(0, leading).Concat([shape.Elements]));
        return Gather.Of(b, x, Indices(b, node.Inputs[1]!, node.Output.Type.Shape[axis ?? 0]), (axis ?? 0) + leading);
    }

    private static Value Indices(GraphBuilder b, Value condition, Dim count) =>
        condition.Constant is not null
            ? b.Vector(Kept(condition.CompileIn()))
            : Reshape.To(
                b,
                Catalogue.Get<NonZero>().Apply(b, [condition], types: [new TensorType(ElementType.Int64, [1, count])]).Output,
                [count]
            );

    private static int? Axis(Attributes attributes, int rank) =>
        attributes.Has("axis") ? Axes.Normalize(attributes.Int("axis", 0), rank) : null;

    private static long[] Kept(Tensor condition) =>
        [.. condition.Integers.Index().Where(entry => entry.Item != 0).Select(entry => (long)entry.Index)];

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <inheritdoc/>
    public override double? ShareKept => 1;
}
