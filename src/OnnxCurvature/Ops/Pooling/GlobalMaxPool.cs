using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>The greatest entry over all spatial axes of x [N, C, *spatial], which stay as ones.</summary>
internal sealed class GlobalMaxPool : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var axes = Enumerable.Range(2, x.Type.Rank - 2).Select(axis => (long)axis);
        return [Catalogue.Get<ReduceMax>().Apply(b, [x], Attributes.Empty.With("axes", axes)).Output];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) => null;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => size(node.Inputs[0]!.Type.Shape.Elements);

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
