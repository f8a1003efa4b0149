using System.Collections.Immutable;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Analysis.Importance;

/// <summary>Which Fisher matrix the importance is the diagonal of.</summary>
public enum FisherKind
{
    /// <summary>That of the labels in the data: the mean of the squares of the gradients of samples; exact.</summary>
    Empirical,

    /// <summary>That of labels sampled from the model's own distribution: an estimate, with a standard error for each entry.</summary>
    Sampled,
}

/// <summary>How the importance of weights is computed.</summary>
public sealed record ImportanceOptions
{
    /// <summary>Which Fisher matrix.</summary>
    public FisherKind Kind { get; init; }

    /// <summary>The labels that are sampled for each sample, at least 2.</summary>
    public int Probes { get; init; } = 32;

    /// <summary>The seed of the random numbers.</summary>
    public int Seed { get; init; }
}

/// <summary>
/// How much a task needs each entry of its weights, for elastic weight consolidation: when training goes on with another task, the penalty
/// (λ/2) Σᵢ Fᵢᵢ (wᵢ − aᵢ)² holds the weights near the anchors a.
/// </summary>
/// <param name="Loss">The loss over all samples.</param>
/// <param name="Samples">The number of samples.</param>
/// <param name="Layers">The weights, in the order of the graph.</param>
/// <param name="Notes">Remarks for the user, one sentence each.</param>
public sealed record ImportanceResult(double Loss, long Samples, ImmutableArray<WeightImportance> Layers, ImmutableArray<string> Notes)
{
    /// <summary>
    /// Writes a .npz with <c>NAME.anchor</c> and <c>NAME.importance</c> for each weight, and <c>NAME.importance_standard_error</c> where
    /// that is estimated.
    /// </summary>
    public void WriteArrays(string path) =>
        NpzWriter.WriteFile(
            path,
            writer =>
            {
                foreach (var layer in Layers)
                {
                    writer.Add($"{layer.Weight}.anchor", layer.Element, layer.Shape.AsSpan(), layer.Anchor.AsSpan());
                    writer.Add($"{layer.Weight}.importance", layer.Element, layer.Shape.AsSpan(), layer.Importance.AsSpan());
                    if (layer.StandardErrors is { } errors)
                        writer.Add($"{layer.Weight}.importance_standard_error", layer.Element, layer.Shape.AsSpan(), errors.AsSpan());
                }
            }
        );

    /// <summary>The figures as JSON, without the arrays.</summary>
    internal string ToJson() => JsonText.Of(ImportanceDocument.Of(this), ImportanceJson.Relaxed.ImportanceDocument);
}

/// <summary>The importance of the entries of one weight.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Node">The nodes that use it.</param>
/// <param name="Element">The type of its entries.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Anchor">a: its entries.</param>
/// <param name="Importance">Fᵢᵢ.</param>
/// <param name="StandardErrors">The standard error of each entry where these are estimates; else null.</param>
public sealed record WeightImportance(
    string Weight,
    string Node,
    ElementType Element,
    ImmutableArray<long> Shape,
    ImmutableArray<double> Anchor,
    ImmutableArray<double> Importance,
    ImmutableArray<double>? StandardErrors
)
{
    /// <summary>The sum of the entries.</summary>
    public double Sum => Importance.Sum();

    /// <summary>The share of entries that are zero: a task needs them not at all.</summary>
    public double ZeroShare => Importance.Count(entry => entry == 0) / (double)Importance.Length;
}
