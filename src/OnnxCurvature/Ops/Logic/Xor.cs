using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether exactly one holds.</summary>
internal sealed class Xor : Comparison
{
    /// <summary>Whether just one of two values holds.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Xor>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a != 0 != (b != 0);

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) =>
        (new Expr(b, call.Required(0)) - new Expr(b, call.Required(1))).Through<Abs>();
}
