using System.Collections.Immutable;
using System.ComponentModel;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>A report for programs. The names of properties stay, and further ones may be added; <c>schema</c> names the version.</summary>
internal sealed record ReportDocument
{
    /// <summary>The version of the schema that this library writes.</summary>
    public const string CurrentSchema = "onnx-curvature/report/1";

    /// <summary>The version of the schema.</summary>
    [Description("The version of this schema.")]
    public required string Schema { get; init; }

    /// <summary>The model's files.</summary>
    [Description("The files of the model, its own first, with their SHA-256.")]
    public required ImmutableArray<FileEntry> Model { get; init; }

    /// <summary>The arrays of the run.</summary>
    [Description("The arrays that the run took, with the SHA-256 of their elements.")]
    public required ImmutableArray<DataEntry> Data { get; init; }

    /// <summary>The options of the analysis.</summary>
    [Description("The request, as the options of the command have it.")]
    public required OptionsEntry Options { get; init; }

    /// <summary>The versions of the programs.</summary>
    [Description("The versions of the programs.")]
    public required VersionsEntry Versions { get; init; }

    /// <summary>The loss.</summary>
    [Description("The loss over all samples.")]
    public required double Loss { get; init; }

    /// <summary>The number of samples.</summary>
    [Description("The number of samples.")]
    public required long Samples { get; init; }

    /// <summary>The time that the runs took.</summary>
    [Description("The seconds that the runs took.")]
    public required double Seconds { get; init; }

    /// <summary>The weights.</summary>
    [Description("The weights, in the order of the graph.")]
    public required ImmutableArray<LayerEntry> Layers { get; init; }

    /// <summary>The weights without a diagonal.</summary>
    [Description("The weights that have no diagonal, and why.")]
    public required ImmutableArray<LeftOutEntry> LeftOut { get; init; }

    /// <summary>The checks of the runs.</summary>
    [Description("The outcome of the checks of the runs: some entries of the exact results, derived a second time in another way.")]
    public required ImmutableArray<CheckEntry> Checks { get; init; }

    /// <summary>Notes.</summary>
    [Description("Notes for the reader: one sentence each.")]
    public required ImmutableArray<string> Notes { get; init; }
}

/// <summary>A file.</summary>
internal sealed record FileEntry(
    [property: Description("The name, without folders.")] string Name,
    [property: Description("In hexadecimal digits.")] string Sha256
);

/// <summary>An array.</summary>
internal sealed record DataEntry(
    [property: Description("The input that takes it.")] string Name,
    [property: Description("The sizes, outermost first.")] ImmutableArray<long> Shape,
    [property: Description("In hexadecimal digits.")] string Sha256
);

/// <summary>The options of the analysis.</summary>
internal sealed record OptionsEntry(
    [property: Description("The loss, as --loss has it.")] string Loss,
    [property: Description("mean or sum.")] string Reduction,
    [property: Description("hessian-diagonal or ggn-diagonal.")] string Diagonal,
    [property: Description("The type of the computation: model or float64.")] string Precision,
    [property: Description("The names or patterns of --wrt; none for all weights.")] ImmutableArray<string> Wrt,
    [property: Description("The seconds that exact diagonals were allowed to take.")] double BudgetSeconds,
    [property: Description("The random directions of estimates.")] int Probes,
    [property: Description("The seed of the random numbers of estimates.")] int Seed
);

/// <summary>Versions.</summary>
internal sealed record VersionsEntry(
    [property: Description("The version of OnnxCurvature.")] string OnnxCurvature,
    [property: Description("The version of ONNX Runtime.")] string OnnxRuntime
);

/// <summary>A weight without a diagonal.</summary>
internal sealed record LeftOutEntry(
    [property: Description("The weight's name.")] string Weight,
    [property: Description("Why it has no diagonal.")] string Reason
);

/// <summary>A check.</summary>
internal sealed record CheckEntry(
    [property: Description("The number of entries that were compared.")] int Entries,
    [property: Description("Whether all agree.")] bool Agrees,
    [property: Description("The largest difference, relative to the entry or to the root mean square.")] double LargestDifference,
    [property: Description("The number of entries that differ, where it was not found out whether rounding explains that.")] int Undecided,
    [property: Description("The results that were not checked, each with the reason.")] ImmutableArray<string> Unchecked
);
