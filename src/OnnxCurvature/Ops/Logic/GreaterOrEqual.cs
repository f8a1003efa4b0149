using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>y = a ≥ b.</summary>
internal sealed class GreaterOrEqual : Comparison
{
    /// <summary>The comparison of two values.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<GreaterOrEqual>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a >= b;
}
