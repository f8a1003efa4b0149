using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = x Φ(x), where Φ is the distribution function of the normal distribution: the standard's Gelu.</summary>
internal sealed class Gelu : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        [new Expr(b, call.Required(0)).Through<Elementwise.Gelu>()];
}
