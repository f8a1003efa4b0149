using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// y = scale x / √(mean of x² + ε), with the mean over all axes from <c>axis</c> (default -1) on. Of opset 23, so files hold what it is
/// made of.
/// </summary>
internal sealed class RMSNormalization : CompositeOperator
{
    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var rank = x.Value.Type.Rank;
        var first = Axes.Normalize(call.Attributes.Int("axis", -1), rank);
        var square = x.With(ReduceMean.Of(b, x * x, Enumerable.Range(first, rank - first).Select(axis => (long)axis), keepDims: true));
        return [x / (square + call.Attributes.Float("epsilon", 1e-5)).Through<Sqrt>() * x.With(call.Required(1))];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 5 * size(node.Output.Type.Shape.Elements);
}
