using System.Collections.Immutable;
using System.ComponentModel;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>The figures of one weight.</summary>
internal sealed record LayerEntry
{
    /// <summary>The weight.</summary>
    [Description("The weight's name in the file.")]
    public required string Weight { get; init; }

    /// <summary>The nodes.</summary>
    [Description("The nodes that use the weight, joined by commas.")]
    public required string Node { get; init; }

    /// <summary>Their operators.</summary>
    [Description("The operators of these nodes.")]
    public required string Operator { get; init; }

    /// <summary>The sizes.</summary>
    [Description("The sizes, outermost first.")]
    public required ImmutableArray<long> Shape { get; init; }

    /// <summary>The number of entries.</summary>
    [Description("The number of entries.")]
    public required long Entries { get; init; }

    /// <summary>Whether the diagonal is exact.</summary>
    [Description("Whether the diagonal is exact; else all figures of it are those of an estimate.")]
    public required bool Exact { get; init; }

    /// <summary>The method.</summary>
    [Description("How the diagonal was computed.")]
    public required string Method { get; init; }

    /// <summary>The reason.</summary>
    [Description("Why the method is exact, or why it is an estimate.")]
    public required string Reason { get; init; }

    /// <summary>The relative error.</summary>
    [Description("The norm of the standard errors over that of the estimate; 0 where exact, null where the estimate is zero.")]
    public required double? RelativeError { get; init; }

    /// <summary>The price.</summary>
    [Description("About how many seconds the exact diagonal of this weight alone takes, as planned.")]
    public required double ExactSeconds { get; init; }

    /// <summary>The operations.</summary>
    [Description("Floating-point operations of the exact diagonal of this weight alone, for one batch, as planned.")]
    public required double Flops { get; init; }

    /// <summary>The norm of the gradient.</summary>
    [Description("The L2 norm of the gradient.")]
    public required double GradientNorm { get; init; }

    /// <summary>The trace.</summary>
    [Description("The sum of the diagonal.")]
    public required double Trace { get; init; }

    /// <summary>The error of the trace.</summary>
    [Description("A bound of the standard error of the trace; 0 where exact.")]
    public required double TraceErrorBound { get; init; }

    /// <summary>The mean.</summary>
    [Description("The mean of the diagonal.")]
    public required double Mean { get; init; }

    /// <summary>The median.</summary>
    [Description("The median of the diagonal.")]
    public required double Median { get; init; }

    /// <summary>The least entry.</summary>
    [Description("The least entry of the diagonal.")]
    public required double Least { get; init; }

    /// <summary>The largest entry.</summary>
    [Description("The largest entry of the diagonal.")]
    public required double Largest { get; init; }

    /// <summary>Where the largest entry is.</summary>
    [Description("The indices of the largest entry, outermost first.")]
    public required ImmutableArray<long> LargestAt { get; init; }

    /// <summary>The share of negative entries.</summary>
    [Description("The share of entries below zero, from 0 to 1.")]
    public required double NegativeShare { get; init; }

    /// <summary>The share of zeros.</summary>
    [Description("The share of entries that are zero, from 0 to 1.")]
    public required double ZeroShare { get; init; }

    /// <summary>The distribution.</summary>
    [Description("The distribution of the diagonal on a logarithmic scale.")]
    public required HistogramEntry Histogram { get; init; }

    /// <summary>The feature maps.</summary>
    [Description("The output channels with the most curvature, the strongest first; none where the weight is no kernel and no matrix.")]
    public required ImmutableArray<FeatureMapEntry> FeatureMaps { get; init; }
}

/// <summary>A distribution.</summary>
internal sealed record HistogramEntry(
    [property: Description("Bin b begins at the magnitude 10^(start + b / binsInADecade).")] int Start,
    [property: Description("Bins in a decade.")] int BinsInADecade,
    [property: Description("The number of positive entries in each bin.")] ImmutableArray<int> Positive,
    [property: Description("The number of negative entries in each bin.")] ImmutableArray<int> Negative,
    [property: Description("The number of entries that are zero.")] int Zeros,
    [property: Description("The number of entries that are not zero and lie below the first bin.")] int Smaller
);

/// <summary>An output channel.</summary>
internal sealed record FeatureMapEntry(
    [property: Description("The index of the output channel.")] int Channel,
    [property: Description("The sum of the magnitudes of its entries.")] double Sum,
    [property: Description("Its share of the sum over all channels.")] double Share
);
