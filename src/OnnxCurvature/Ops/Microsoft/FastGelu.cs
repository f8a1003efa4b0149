using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = Gelu(x + bias) by its approximation with tanh; the bias may be left out.</summary>
internal sealed class FastGelu : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        if (call.Input(1) is { } bias)
            x += x.With(bias);
        return [Catalogue.Get<Elementwise.Gelu>().Apply(b, [x], Attributes.Empty.With("approximate", "tanh")).Output];
    }
}
