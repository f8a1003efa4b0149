using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>The predictions for programs.</summary>
internal sealed record QuantizationDocument(
    [property: Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
        string Schema,
    [property: Description("The loss as it is.")] double Loss,
    [property: Description("The predictions, scheme by scheme, and in each the most sensitive weight first.")]
        ImmutableArray<SensitivityEntry> Nodes,
    [property: Description("How well each figure ranks the measured changes; empty where nothing was measured.")]
        ImmutableArray<CorrelationEntry> RankCorrelations,
    [property: Description("The bits that keep to a size; null where none was asked for.")] ChoiceEntry? Choice
)
{
    /// <summary>The schema that is written.</summary>
    public const string CurrentSchema = "onnx-curvature/sensitivity/1";

    /// <summary>The document of a result.</summary>
    public static QuantizationDocument Of(QuantizationResult result) =>
        new(
            CurrentSchema,
            result.Loss,
            [.. result.Nodes.Select(SensitivityEntry.Of)],
            [.. result.Correlations.Select(CorrelationEntry.Of)],
            result.Choice is { } choice ? ChoiceEntry.Of(choice) : null
        );
}

/// <summary>The effect of rounding a weight, for programs.</summary>
internal sealed record SensitivityEntry(
    [property: Description("How the weight is rounded.")] string Scheme,
    [property: Description("The nodes that use the weight, separated by commas.")] string Node,
    string Operator,
    string Weight,
    [property: Description("The predicted change of the loss: firstOrder + secondOrder.")] double Predicted,
    [property: Description("g·Δw.")] double FirstOrder,
    [property: Description("½ Σ H_ii Δw_i².")] double SecondOrder,
    [property: Description("A bound of the standard error of the prediction; 0 where the diagonal is exact.")] double Error,
    [property: Description("Whether the diagonal is exact; else it is an estimate.")] bool Exact,
    [property: Description("The measured change of the loss; null where none was measured.")] double? Measured,
    [property: Description("‖Δw‖².")] double WeightError,
    [property: Description("Σ Δw_i² E[x_i²], with the mean square of the input that the entry multiplies.")] double InputWeightedError,
    [property: Description("The bytes of the rounded weight.")] double Bytes,
    [property: Description("The predicted change by output channel.")] ImmutableArray<double> Channels,
    [property: Description("A bound of the standard error of each of these.")] ImmutableArray<double> ChannelErrors
)
{
    /// <summary>The entry of a weight.</summary>
    public static SensitivityEntry Of(NodeSensitivity node) =>
        new(
            node.Scheme.Name,
            node.Node,
            node.Operator,
            node.Weight,
            node.Predicted,
            node.FirstOrder,
            node.SecondOrder,
            node.Error,
            node.IsExact,
            JsonText.Finite(node.Measured),
            node.WeightError,
            node.InputWeightedError,
            node.Bytes,
            node.Channels,
            node.ChannelErrors
        );
}

/// <summary>Spearman's rank correlation of each figure with the measured change of the loss, over the weights of a network.</summary>
internal sealed record CorrelationEntry(
    [property: Description("How the weights are rounded.")] string Scheme,
    [property: Description("How many weights there are.")] int Weights,
    [property: Description("That of predicted; null where all predictions or all changes are the same.")] double? Predicted,
    [property: Description("That of inputWeightedError; null as above.")] double? InputWeightedError,
    [property: Description("That of weightError; null as above.")] double? WeightError
)
{
    /// <summary>The entry of a scheme.</summary>
    public static CorrelationEntry Of(RankCorrelation correlation) =>
        new(
            correlation.Scheme.Name,
            correlation.Weights,
            JsonText.Finite(correlation.Predicted),
            JsonText.Finite(correlation.InputWeighted),
            JsonText.Finite(correlation.WeightError)
        );
}

/// <summary>The bits that keep a network to a size.</summary>
internal sealed record ChoiceEntry(
    [property: Description("The size that was asked for.")] double TargetBytes,
    [property: Description("The size that the choice takes.")] double Bytes,
    [property: Description("The size of the floats.")] double FloatBytes,
    [property: Description("The predicted change of the loss.")] double Predicted,
    [property: Description("The nodes whose weights stay floats.")] ImmutableArray<string> NodesToExclude
)
{
    /// <summary>The entry of a choice.</summary>
    public static ChoiceEntry Of(ChosenBits choice) =>
        new(choice.TargetBytes, choice.Bytes, choice.FloatBytes, choice.Predicted, choice.NodesToExclude);
}

/// <summary>The JSON of predictions, and of the files that quantizers take, without reflection, as native programs need it.</summary>
[JsonSerializable(typeof(QuantizationDocument))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, int>))]
internal sealed partial class QuantizationJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<QuantizationJson> Writer = new(() => new QuantizationJson(JsonText.Options()));

    /// <summary>The writer of documents.</summary>
    public static QuantizationJson Relaxed => Writer.Value;
}
