using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Importance;

/// <summary>The importance of weights for programs, without the arrays.</summary>
internal sealed record ImportanceDocument(
    [property: Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
        string Schema,
    [property: Description("The loss over all samples.")] double Loss,
    [property: Description("How many samples there are.")] long Samples,
    [property: Description("The weights, in the order of the graph.")] ImmutableArray<ImportanceEntry> Layers,
    [property: Description("Notes for the user: one sentence each.")] ImmutableArray<string> Notes
)
{
    /// <summary>The schema that is written.</summary>
    public const string CurrentSchema = "onnx-curvature/importance/1";

    /// <summary>The document of a result.</summary>
    public static ImportanceDocument Of(ImportanceResult result) =>
        new(CurrentSchema, result.Loss, result.Samples, [.. result.Layers.Select(ImportanceEntry.Of)], result.Notes);
}

/// <summary>The importance of a weight.</summary>
internal sealed record ImportanceEntry(
    [property: Description("The nodes that use the weight, separated by commas.")] string Node,
    string Weight,
    [property: Description("Whether the diagonal is exact; else it is an estimate.")] bool Exact,
    long Entries,
    [property: Description("The sum of the Fisher diagonal.")] double Sum,
    [property: Description("Its largest entry.")] double Largest,
    [property: Description("The share of its entries that are zero, from 0 to 1.")] double ZeroShare
)
{
    /// <summary>The entry of a weight.</summary>
    public static ImportanceEntry Of(WeightImportance layer) =>
        new(
            layer.Node,
            layer.Weight,
            layer.StandardErrors is null,
            layer.Importance.Length,
            layer.Sum,
            layer.Importance.Max(),
            layer.ZeroShare
        );
}

/// <summary>The JSON of importance, without reflection, as native programs need it.</summary>
[JsonSerializable(typeof(ImportanceDocument))]
internal sealed partial class ImportanceJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<ImportanceJson> Writer = new(() => new ImportanceJson(JsonText.Options()));

    /// <summary>The writer of documents.</summary>
    public static ImportanceJson Relaxed => Writer.Value;
}
