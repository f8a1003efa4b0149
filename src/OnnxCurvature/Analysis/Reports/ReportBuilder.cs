using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>Puts a report together.</summary>
internal static class ReportBuilder
{
    /// <summary>How many feature maps are listed.</summary>
    private const int FeatureMaps = 10;

    /// <summary>The report of an analysis.</summary>
    public static ReportDocument Build(NetworkCurvature curvature) =>
        new()
        {
            Schema = ReportDocument.CurrentSchema,
            Model = [.. curvature.Provenance.Files.Select(file => new FileEntry(file.Name, file.Sha256))],
            Data = [.. curvature.Provenance.Data.Select(array => new DataEntry(array.Name, array.Shape, array.Sha256))],
            Options = new OptionsEntry(
                curvature.Request.Loss.ToString(),
                curvature.Request.Reduction == Reduction.Mean ? "mean" : "sum",
                curvature.Options.Diagonal.Name(),
                curvature.Request.Precision == Precision.Float64 ? "float64" : "model",
                curvature.Request.WithRespectTo,
                curvature.Options.Budget.TotalSeconds,
                curvature.Options.Probes,
                curvature.Options.Seed
            ),
            Versions = new VersionsEntry(curvature.Provenance.Version, curvature.Provenance.OnnxRuntime),
            Loss = curvature.Loss,
            Samples = curvature.Samples,
            Seconds = curvature.Seconds,
            Layers = [.. curvature.Layers.Select(Layer)],
            LeftOut = [.. curvature.LeftOut.Select(weight => new LeftOutEntry(weight.Weight, weight.Reason))],
            Checks = [.. curvature.Checks.Select(Check)],
            Notes = curvature.Notes,
        };

    private static LayerEntry Layer(LayerCurvature layer)
    {
        var (plan, figures, histogram) = (layer.Plan, LayerStatistics.Of(layer), LogHistogram.Of(layer.Diagonal));
        return new LayerEntry
        {
            Weight = plan.Weight,
            Node = plan.Node,
            Operator = plan.Operator,
            Shape = plan.Shape,
            Entries = plan.Entries,
            Exact = plan.IsExact,
            Method = plan.Method,
            Reason = plan.Reason,
            RelativeError = figures.RelativeError,
            ExactSeconds = plan.ExactSeconds,
            Flops = plan.Flops,
            GradientNorm = figures.GradientNorm,
            Trace = figures.Trace,
            TraceErrorBound = figures.TraceError,
            Mean = figures.Mean,
            Median = figures.Median,
            Least = figures.Least,
            Largest = figures.Largest,
            LargestAt = figures.LargestAt,
            NegativeShare = figures.NegativeShare,
            ZeroShare = figures.ZeroShare,
            Histogram = new HistogramEntry(
                histogram.Start,
                LogHistogram.BinsInADecade,
                histogram.Positive,
                histogram.Negative,
                histogram.Zeros,
                histogram.Smaller
            ),
            FeatureMaps = Maps(KernelMap.Of(layer)),
        };
    }

    private static ImmutableArray<FeatureMapEntry> Maps(KernelMap? map)
    {
        if (map is null)
            return [];
        var strongest = map.Strongest();
        var total = strongest.Sum(entry => entry.Sum);
        return
        [
            .. strongest
                .Take(FeatureMaps)
                .Select(entry => new FeatureMapEntry(entry.Channel, entry.Sum, total == 0 ? 0 : entry.Sum / total)),
        ];
    }

    private static CheckEntry Check(CheckReport report) =>
        new(
            report.Entries.Length,
            report.Agrees,
            report.LargestDifference,
            report.Undecided.Length,
            [.. report.Unchecked.Select(result => result.Name.Length == 0 ? result.Reason : $"{result.Name}: {result.Reason}")]
        );
}
