using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x without some of its axes of size one; without all of them where <c>axes</c> is left out.</summary>
internal sealed class Squeeze : AxisChange
{
    /// <inheritdoc/>
    protected override TensorShape Shape(TensorShape x, Attributes attributes)
    {
        if (attributes.Ints("axes") is not { } given)
            return [.. x.Where(dim => !dim.IsOne)];
        var axes = Axes.Normalize(given, x.Rank);
        foreach (var axis in axes)
            if (x[axis].IsKnown && !x[axis].IsOne)
                throw new UnsupportedOperatorException($"the axis {axis} of {x} is squeezed, and its size is not one.");
        return [.. x.Where((_, axis) => !axes.Contains(axis))];
    }

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 21;
}
