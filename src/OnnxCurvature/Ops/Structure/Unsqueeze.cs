using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x with axes of size one put in; <c>axes</c> are those of the output.</summary>
internal sealed class Unsqueeze : AxisChange
{
    /// <inheritdoc/>
    protected override TensorShape Shape(TensorShape x, Attributes attributes)
    {
        var given = attributes.Ints("axes") ?? throw new UnsupportedOperatorException("Unsqueeze lacks its axes.");
        var shape = x;
        foreach (var axis in Axes.Normalize(given, x.Rank + given.Length))
            shape = shape.Insert(axis, 1);
        return shape;
    }

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 21;
}
