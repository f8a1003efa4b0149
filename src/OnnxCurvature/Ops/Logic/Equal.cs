using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>y = (a equals b).</summary>
internal sealed class Equal : Comparison
{
    /// <summary>The comparison of two values.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Equal>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a == b;

    /// <summary>Numbers that are compared are the positions of a maximum, say, and as a rule the same.</summary>
    public override double ExpectedShare => 1;
}
