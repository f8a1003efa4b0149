using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x as a matrix: the axes before <c>axis</c> are its rows, the others its columns.</summary>
internal sealed class Flatten : ReshapingOperator
{
    /// <inheritdoc/>
    protected override TensorShape Shape(TensorShape x, Attributes attributes)
    {
        var axis = attributes.Int("axis", 1);
        var split = axis == x.Rank ? x.Rank : Axes.Normalize(axis, x.Rank);
        return [x.Product(0, split), x.Product(split, x.Rank)];
    }

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 21;
}
