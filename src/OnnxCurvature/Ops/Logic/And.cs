using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether both hold.</summary>
internal sealed class And : Comparison
{
    /// <summary>The comparison of two values.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<And>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a != 0 && b != 0;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => Mul.Of(b, call.Required(0), call.Required(1));
}
