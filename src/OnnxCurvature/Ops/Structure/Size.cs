using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>The number of elements of x, a 64-bit integer.</summary>
internal sealed class Size : NonDifferentiable
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [new TensorType(ElementType.Int64, TensorShape.Scalar)];

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => [node.Inputs[0]!.Type.Shape.Elements];

    /// <inheritdoc/>
    public override bool DependsOnShapesAlone => true;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [Tensor.Scalar(ElementType.Int64, inputs[0]!.Count)];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [SampleLayout.None];

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
