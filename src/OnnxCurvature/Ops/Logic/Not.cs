using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether x does not hold.</summary>
internal sealed class Not : ElementwisePredicate
{
    /// <inheritdoc/>
    protected override bool Holds(Attributes attributes, double x) => x == 0;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => 1 - new Expr(b, call.Required(0));
}
