using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The least element over axes.</summary>
internal sealed class ReduceMin : ExtremeReduction
{
    /// <inheritdoc/>
    protected override ExtremePosition Position => Catalogue.Get<ArgMin>();

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        var extreme = double.PositiveInfinity;
        foreach (var element in elements)
            extreme = Math.Min(extreme, element);
        return extreme;
    }
}
