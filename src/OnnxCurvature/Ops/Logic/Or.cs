using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether either holds, or both.</summary>
internal sealed class Or : Comparison
{
    /// <summary>Whether one of two values holds.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Or>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a != 0 || b != 0;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => Max.Of(b, call.Required(0), call.Required(1));
}
