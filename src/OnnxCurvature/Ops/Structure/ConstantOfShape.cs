using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>A tensor of a shape, filled with the element of the attribute <c>value</c> (by default a float32 zero).</summary>
internal sealed class ConstantOfShape : NonDifferentiable
{
    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 0;

    /// <inheritdoc/>
    public override bool IsConstantAlong(Node node, int axis) => true;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [
            new TensorType(
                Fill(call.Attributes).Element,
                [.. call.Sizes(0) ?? throw new UnsupportedOperatorException("ConstantOfShape lacks its shape.")]
            ),
        ];

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) =>
        Fill(node.Attributes) is var fill && !fill.Element.IsFloat() && node.Output.Type is { Rank: 1, Shape: [{ Known: { } length }] }
            ? [.. Enumerable.Repeat<Dim>(fill.Integers[0], (int)length)]
            : null;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var fill = Fill(node.Attributes);
        long[] shape = inputs[0]!.Integers;
        return [fill.Gather(shape, new int[shape.Aggregate(1L, (a, b) => a * b)])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [SampleLayout.Coupled];

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static Tensor Fill(Attributes attributes) => attributes.Tensor("value") ?? Tensor.Filled(ElementType.Float32, [1], 0);

    /// <inheritdoc/>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        attributes.Has("value") ? attributes : attributes.With("value", Tensor.Filled(precision.Element(ElementType.Float32), [1], 0));

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
