using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = Gelu(x + bias).</summary>
internal sealed class BiasGelu : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        [(new Expr(b, call.Required(0)) + new Expr(b, call.Required(1))).Through<Elementwise.Gelu>()];
}
