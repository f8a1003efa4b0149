using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The greatest element over axes.</summary>
internal sealed class ReduceMax : ExtremeReduction
{
    /// <summary>The greatest element over axes.</summary>
    public static Value Of(GraphBuilder b, Value x, IEnumerable<long> axes, bool keepDims) =>
        Of(Catalogue.Get<ReduceMax>(), b, x, axes, keepDims);

    /// <inheritdoc/>
    protected override ExtremePosition Position => Catalogue.Get<ArgMax>();

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        var extreme = double.NegativeInfinity;
        foreach (var element in elements)
            extreme = Math.Max(extreme, element);
        return extreme;
    }
}
