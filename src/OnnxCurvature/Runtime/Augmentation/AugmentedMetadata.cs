using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>What an augmented file says of itself in its metadata.</summary>
/// <param name="Outputs">The outputs that were added.</param>
/// <param name="Averages">Whether results of several batches are averaged over samples, and not added.</param>
/// <param name="PerSample">The outputs that hold something for each sample, along the first axis.</param>
/// <param name="Labels">The input that holds labels of classes, or null.</param>
/// <param name="Methods">How each second-order quantity is computed: one sentence each.</param>
/// <param name="Unweighted">The outputs that batches do not weigh.</param>
/// <param name="WholeInputs">The inputs of which every batch takes the whole.</param>
/// <param name="Runs">The number of runs that the caller makes, and adds up.</param>
internal sealed record AugmentedMetadata(ImmutableArray<string> Outputs, bool Averages, ImmutableArray<string> PerSample, ClassLabels? Labels, ImmutableArray<string> Methods, ImmutableArray<string> Unweighted, ImmutableArray<string> WholeInputs, long Runs)
{
    private const string Prefix = "onnx_curvature.";

    /// <summary>Reads metadata; null where the file is not an augmented one.</summary>
    public static AugmentedMetadata? Read(IReadOnlyDictionary<string, string> metadata) => metadata.TryGetValue(Prefix + "outputs", out var outputs)
        ? new AugmentedMetadata(
            [.. outputs.Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            metadata.GetValueOrDefault(Prefix + "batches") == "average",
            [.. metadata.GetValueOrDefault(Prefix + "per_sample", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            metadata.GetValueOrDefault(Prefix + "labels") is { Length: > 0 } labels && Number(metadata, "classes") is { } classes ? new ClassLabels(labels, classes, Number(metadata, "ignored_label")) : null,
            [.. metadata.GetValueOrDefault(Prefix + "methods", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            [.. metadata.GetValueOrDefault(Prefix + "unweighted", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            [.. metadata.GetValueOrDefault(Prefix + "whole_inputs", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            Number(metadata, "runs") ?? 1)
        : null;

    /// <summary>Throws <see cref="UserErrorException"/> for an augmented model, of which nothing further can be asked.</summary>
    public static void Refuse(OnnxModel model)
    {
        if (Read(model.Metadata) is not null)
            throw new UserErrorException($"'{model.Path}' is an augmented model already; run it without --wrt and --loss, or give the model that it was made from.");
    }

    private static long? Number(IReadOnlyDictionary<string, string> metadata, string key) =>
        long.TryParse(metadata.GetValueOrDefault(Prefix + key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The metadata of a plan.</summary>
    public static IReadOnlyDictionary<string, string> Of(CurvaturePlan plan, CallingConvention convention, string source, string sha256) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [Prefix + "version"] = typeof(AugmentedMetadata).Assembly.GetName().Version!.ToString(3),
        [Prefix + "source"] = source,
        [Prefix + "source_sha256"] = sha256,
        [Prefix + "wrt"] = string.Join('\n', plan.Targets.Select(target => target.Name)),
        [Prefix + "loss"] = plan.Request.Loss.ToString(),
        [Prefix + "reduction"] = plan.Request.Reduction == Reduction.Mean ? "mean" : "sum",
        [Prefix + "precision"] = plan.Request.Precision == Ir.Precision.Float64 ? "float64" : "model",
        [Prefix + "straight_through"] = plan.Request.StraightThrough ? "true" : "false",
        [Prefix + "batches"] = plan.Loss.Reduction == BatchWeight.Samples ? "average" : "add",
        [Prefix + "per_sample"] = string.Join('\n', plan.PerSample),
        [Prefix + "unweighted"] = string.Join('\n', plan.Unweighted),
        [Prefix + "whole_inputs"] = string.Join('\n', plan.WholeInputs),
        [Prefix + "labels"] = plan.Loss.Labels?.Input ?? "",
        [Prefix + "classes"] = plan.Loss.Labels?.Classes.ToString(CultureInfo.InvariantCulture) ?? "",
        [Prefix + "ignored_label"] = plan.Loss.Labels?.Ignored?.ToString(CultureInfo.InvariantCulture) ?? "",
        [Prefix + "outputs"] = string.Join('\n', plan.Outputs),
        [Prefix + "profile"] = convention.Profile.Name(),
        [Prefix + "calling_convention"] = convention.Text,
        [Prefix + "runs"] = convention.Runs.ToString(CultureInfo.InvariantCulture),
        [Prefix + "run_input"] = convention.Runs == 1 ? "" : PortableProfile.RunInput,
        [Prefix + "summed_outputs"] = string.Join('\n', convention.Summed),
        [Prefix + "exact"] = !plan.Request.StraightThrough && plan.Request.Quantities.All(quantity => plan.Request.ResultsOf(quantity).Contains(quantity)) ? "true" : "false",
        [Prefix + "methods"] = string.Join('\n', plan.Methods.Select(method => $"{method.Quantity.OutputName(method.Target)}: {method.Method}, {method.Columns} columns; {method.Reason}")),
    };
}
