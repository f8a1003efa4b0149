using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = x + bias + skip, for x [N, positions, C] and a bias [C].</summary>
internal sealed class BiasAdd : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        return [x + x.With(call.Required(1)) + x.With(call.Required(2))];
    }
}
