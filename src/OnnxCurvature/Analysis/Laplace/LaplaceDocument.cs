using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Laplace;

/// <summary>A posterior for programs, without the arrays.</summary>
internal sealed record LaplaceDocument(
    [property: Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
        string Schema,
    [property: Description("The sum of the losses over all samples.")] double Loss,
    [property: Description("The precision of the prior.")] double PriorPrecision,
    [property: Description("Whether that is the one of the largest marginal likelihood; else it was given.")] bool Fitted,
    [property: Description("The logarithm of the marginal likelihood.")] double LogMarginalLikelihood,
    [property: Description("The weights, in the order of the graph.")] ImmutableArray<PosteriorEntry> Layers
)
{
    /// <summary>The schema that is written.</summary>
    public const string CurrentSchema = "onnx-curvature/laplace/1";

    /// <summary>The document of a result.</summary>
    public static LaplaceDocument Of(LaplaceResult result) =>
        new(
            CurrentSchema,
            result.Loss,
            result.PriorPrecision,
            result.IsFitted,
            result.LogMarginalLikelihood,
            [.. result.Layers.Select(PosteriorEntry.Of)]
        );
}

/// <summary>The posterior of a weight.</summary>
internal sealed record PosteriorEntry(
    [property: Description("The nodes that use the weight, separated by commas.")] string Node,
    string Weight,
    [property: Description("Whether the diagonal is exact; else it is an estimate.")] bool Exact,
    long Entries,
    [property: Description("The mean of the variances of its entries.")] double MeanVariance,
    [property: Description("The largest of them.")] double LargestVariance
)
{
    /// <summary>The entry of a weight.</summary>
    public static PosteriorEntry Of(LaplaceLayer layer) =>
        new(layer.Node, layer.Weight, layer.IsExact, layer.Mean.Length, layer.Variance.Average(), layer.Variance.Max());
}

/// <summary>The JSON of posteriors, without reflection, as native programs need it.</summary>
[JsonSerializable(typeof(LaplaceDocument))]
internal sealed partial class LaplaceJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<LaplaceJson> Writer = new(() => new LaplaceJson(JsonText.Options()));

    /// <summary>The writer of documents.</summary>
    public static LaplaceJson Relaxed => Writer.Value;
}
