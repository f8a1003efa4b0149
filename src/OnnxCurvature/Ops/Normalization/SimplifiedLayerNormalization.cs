using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// y = scale x / √(mean of x² + ε), with the mean over all axes from <c>axis</c> (default -1) on, and the inverse of the root. ONNX Runtime
/// has it in the standard's domain.
/// </summary>
internal sealed class SimplifiedLayerNormalization : ExpandedOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var (normal, inverse) = RootMeanSquare.Of(
            x,
            Axes.Normalize(call.Attributes.Int("axis", -1), x.Value.Type.Rank),
            call.Attributes.Float("epsilon", 1e-5)
        );
        return [.. new Value?[] { normal * x.With(call.Required(1)), inverse }.Take(call.OutputCount)];
    }

    /// <inheritdoc/>
    public override bool IsOfRuntime => true;
}
