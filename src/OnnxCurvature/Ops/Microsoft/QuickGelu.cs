using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = x σ(α x) with the logistic function σ; α is <c>alpha</c> (default 1.702).</summary>
internal sealed class QuickGelu : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        return [x * (call.Attributes.Float("alpha", 1.702) * x).Through<Logistic>()];
    }
}
