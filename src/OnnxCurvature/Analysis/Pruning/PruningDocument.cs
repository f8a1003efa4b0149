using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Pruning;

/// <summary>A pruning for programs, without the masks.</summary>
internal sealed record PruningDocument(
    [property: Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
        string Schema,
    [property: Description("The loss as it is.")] double Loss,
    [property: Description("The share of all entries that become zero, from 0 to 1.")] double Sparsity,
    [property: Description("The predicted change of the loss.")] double Predicted,
    [property: Description("A bound of the standard error of the prediction; 0 where all diagonals are exact.")] double Error,
    [property: Description("The weights, in the order of the graph.")] ImmutableArray<PrunedEntry> Layers,
    [property: Description("The losses on held data at each sparsity; empty where no such data were given.")]
        ImmutableArray<CurveEntry> Curve
)
{
    /// <summary>The schema that is written.</summary>
    public const string CurrentSchema = "onnx-curvature/pruning/1";

    /// <summary>The document of a result, with the curve that was measured, if any.</summary>
    public static PruningDocument Of(PruningResult result, ImmutableArray<PruningPoint> curve) =>
        new(
            CurrentSchema,
            result.Loss,
            result.Sparsity,
            result.Predicted,
            result.Error,
            [.. result.Layers.Select(PrunedEntry.Of)],
            [.. curve.Select(CurveEntry.Of)]
        );
}

/// <summary>The entries of a weight that become zero, for programs.</summary>
internal sealed record PrunedEntry(
    [property: Description("The nodes that use the weight, separated by commas.")] string Node,
    string Weight,
    [property: Description("Whether the diagonal is exact; else it is an estimate.")] bool Exact,
    long Entries,
    [property: Description("How many entries become zero.")] int Pruned,
    [property: Description("The predicted change of the loss.")] double Predicted,
    [property: Description("A bound of the standard error of the prediction; 0 where the diagonal is exact.")] double Error
)
{
    /// <summary>The entry of a weight.</summary>
    public static PrunedEntry Of(PrunedLayer layer) =>
        new(layer.Node, layer.Weight, layer.IsExact, layer.Keeps.Length, layer.Pruned, layer.Predicted, layer.Error);
}

/// <summary>The losses on held data where so many entries are zero, by what ranked them.</summary>
internal sealed record CurveEntry(
    [property: Description("The share of entries that are zero, from 0 to 1.")] double Sparsity,
    [property: Description("½ H_ii w_i² − g_i w_i; null, as those below, where the loss is not finite.")] double? Curvature,
    [property: Description("½ H_ii w_i².")] double? CurvatureAtMinimum,
    [property: Description("w_i².")] double? Magnitude,
    [property: Description("w_i² E[x_i²], with the mean square of the input that the entry multiplies.")] double? InputWeighted
)
{
    /// <summary>The entry of a point.</summary>
    public static CurveEntry Of(PruningPoint point) =>
        new(
            point.Sparsity,
            JsonText.Finite(point.Losses[PruningScore.Curvature]),
            JsonText.Finite(point.Losses[PruningScore.CurvatureAtMinimum]),
            JsonText.Finite(point.Losses[PruningScore.Magnitude]),
            JsonText.Finite(point.Losses[PruningScore.InputWeightedMagnitude])
        );
}

/// <summary>The JSON of prunings, without reflection, as native programs need it.</summary>
[JsonSerializable(typeof(PruningDocument))]
internal sealed partial class PruningJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<PruningJson> Writer = new(() => new PruningJson(JsonText.Options()));

    /// <summary>The writer of documents.</summary>
    public static PruningJson Relaxed => Writer.Value;
}
