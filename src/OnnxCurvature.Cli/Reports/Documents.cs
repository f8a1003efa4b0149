using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;

namespace OnnxCurvature.Cli.Reports;

/// <summary>The beginning of every report for programs.</summary>
internal abstract record Document
{
    [JsonPropertyOrder(-1)]
    [Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
    public required string Schema { get; init; }

    [JsonPropertyOrder(-1)]
    [Description("The version of the tool.")]
    public required string Version { get; init; }

    [Description("Notes for the user: one sentence each.")]
    public required ImmutableArray<string> Notes { get; init; }
}

/// <summary>The report of <c>inspect</c>.</summary>
internal sealed record InspectDocument : Document
{
    public const string Name = "onnx-curvature/inspect/2";

    [Description("The model's file.")]
    public required string Path { get; init; }

    [Description("The version of the file format.")]
    public required int IrVersion { get; init; }

    [Description("The opset of ai.onnx.")]
    public required int Opset { get; init; }

    public required ImmutableArray<TypedName> Inputs { get; init; }

    public required ImmutableArray<TypedName> Outputs { get; init; }

    [Description("The weights; none of an augmented model.")]
    public required ImmutableArray<WeightEntry> Weights { get; init; }

    [Description("Constants that are parts of formulas; their own names take them, and patterns do not.")]
    public required ImmutableArray<TypedName> FormulaConstants { get; init; }

    public required ImmutableArray<OperatorEntry> Operators { get; init; }

    [Description("The losses that fit, each with the reason.")]
    public required ImmutableArray<LossEntry> Losses { get; init; }

    [Description("The results that an augmented model was compiled for; null for any other.")]
    public required AugmentedEntry? Augmented { get; init; }
}

/// <summary>The report of <c>augment</c>.</summary>
internal sealed record AugmentDocument : Document
{
    public const string Name = "onnx-curvature/augment/1";

    [Description("The file that was written.")]
    public required string Path { get; init; }

    public required long Bytes { get; init; }

    public required int Opset { get; init; }

    public required string Profile { get; init; }

    [Description("Where the weights are: a sentence.")]
    public required string WeightPlacement { get; init; }

    [Description("How the file is run: a sentence.")]
    public required string CallingConvention { get; init; }

    public required ImmutableArray<PlanEntry> Plans { get; init; }

    [Description("The inputs that the file has besides those of the model, each with its type.")]
    public required ImmutableArray<string> NewInputs { get; init; }

    [Description("The outputs that hold results.")]
    public required ImmutableArray<string> NewOutputs { get; init; }
}

/// <summary>The report of <c>run</c>.</summary>
internal sealed record RunDocument : Document
{
    public const string Name = "onnx-curvature/run/1";

    [Description("The file of the arrays.")]
    public required string Output { get; init; }

    [Description("The loss; null where it was not asked for.")]
    public required double? Loss { get; init; }

    public required long Samples { get; init; }

    public required int Batches { get; init; }

    [Description("The seconds of each phase.")]
    public required ImmutableSortedDictionary<string, double> Seconds { get; init; }

    [Description("The most memory of the process.")]
    public required long PeakBytes { get; init; }

    [Description("About how many seconds and bytes were planned; null where that is not known.")]
    public required EstimateEntry? Planned { get; init; }

    public required ImmutableArray<PlanEntry> Plans { get; init; }

    [Description("The arrays of the file but for the loss.")]
    public required ImmutableArray<ArrayEntry> Arrays { get; init; }

    [Description("Entries that were computed a second time in another way.")]
    public required ImmutableArray<CheckEntry> Checks { get; init; }

    [Description("Entries that differ, where it was not found out whether rounding explains that.")]
    public required ImmutableArray<CheckEntry> Undecided { get; init; }

    [Description("Results that were not checked.")]
    public required ImmutableArray<UncheckedEntry> Unchecked { get; init; }
}

/// <summary>The report of <c>verify</c>.</summary>
internal sealed record VerifyDocument : Document
{
    public const string Name = "onnx-curvature/verify/1";

    [Description("Whether all entries agree; the exit code is 1 where they do not.")]
    public required bool Agrees { get; init; }

    public required ImmutableArray<PlanEntry> Plans { get; init; }

    public required ImmutableArray<CheckEntry> Checks { get; init; }
}

/// <summary>The report of <c>calibrate</c>.</summary>
internal sealed record CalibrateDocument : Document
{
    public const string Name = "onnx-curvature/calibrate/1";

    [Description("The file of the profile; null where none was written.")]
    public required string? Output { get; init; }

    [Description("Operations of a core in a second, in matrix products.")]
    public required double ProductFlops { get; init; }

    [Description("Bytes in a core's cache that it reads and writes in a second.")]
    public required double CacheBytesPerSecond { get; init; }

    [Description("Bytes in memory that a core reads and writes in a second.")]
    public required double MemoryBytesPerSecond { get; init; }

    [Description("Bytes of memory that the system gives in a second, written for the first time.")]
    public required double FreshBytesPerSecond { get; init; }

    [Description("The seconds of a node by itself.")]
    public required double LaunchSeconds { get; init; }

    [Description("The size of a core's second-level cache.")]
    public required double CoreCacheBytes { get; init; }
}
