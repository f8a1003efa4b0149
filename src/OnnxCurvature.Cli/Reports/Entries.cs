using System.Collections.Immutable;
using System.ComponentModel;

namespace OnnxCurvature.Cli.Reports;

/// <summary>A name and a type.</summary>
internal sealed record TypedName(string Name, [property: Description("As in float32[N,3,8,8].")] string Type);

/// <summary>A loss that fits.</summary>
internal sealed record LossEntry([property: Description("As --loss takes it.")] string Loss, string Reason);

/// <summary>An operator.</summary>
internal sealed record OperatorEntry(
    string Name,
    [property: Description("How many nodes apply it.")] int Count,
    [property: Description("Why it cannot be differentiated; null where it can.")] string? Obstacle
);

/// <summary>A weight.</summary>
internal sealed record WeightEntry(
    string Name,
    [property: Description("The nodes that use it, separated by commas.")] string Nodes,
    string Type,
    long Elements,
    [property: Description("How its Hessian diagonal would be computed; null where it cannot.")] PlanEntry? Plan,
    [property: Description("Why it cannot be computed; null where it can.")] string? Obstacle
);

/// <summary>How one result is computed.</summary>
internal sealed record PlanEntry(
    string Target,
    [property: Description("The nodes that use the target, separated by commas.")] string Nodes,
    string Quantity,
    string Method,
    [property: Description("Why the method gives the quantity.")] string Reason,
    long Directions,
    [property: Description("Directions that are taken at once.")] long ChunkSize,
    [property: Description("Floating-point operations of one batch.")] double Flops,
    [property: Description("Bytes of the values of one batch at their peak.")] double MemoryBytes
);

/// <summary>The expected time and memory of a run.</summary>
internal sealed record EstimateEntry(double Seconds, double PeakBytes);

/// <summary>An array of a result.</summary>
internal sealed record ArrayEntry(
    [property: Description("Its name in the file.")] string Name,
    [property: Description("As in float32.")] string Type,
    ImmutableArray<long> Shape,
    double Norm,
    double Sum,
    double Minimum,
    double Maximum,
    [property: Description("The share of entries below zero, from 0 to 1.")] double NegativeShare
);

/// <summary>One comparison.</summary>
internal sealed record CheckEntry(
    string Name,
    ImmutableArray<long> Index,
    [property: Description("How the reference was computed.")] string Check,
    [property: Description("Null where it is not finite.")] double? Computed,
    [property: Description("Null where it is not finite.")] double? Reference,
    [property: Description("The largest difference that counts as agreement; null where it is not finite.")] double? Tolerance,
    bool Agrees
);

/// <summary>A result that was not checked.</summary>
internal sealed record UncheckedEntry([property: Description("Empty for all results.")] string Name, string Reason);

/// <summary>The description that an augmented model holds of itself.</summary>
internal sealed record AugmentedEntry(
    string Source,
    string SourceSha256,
    string Version,
    string Profile,
    string CallingConvention,
    string Loss,
    string Reduction,
    ImmutableArray<string> WithRespectTo,
    ImmutableArray<string> Results,
    ImmutableArray<string> Methods
);
