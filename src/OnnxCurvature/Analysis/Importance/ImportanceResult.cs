using System.Collections.Immutable;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Files;

namespace OnnxCurvature.Analysis.Importance;

/// <summary>
/// How much a task needs each entry of its weights, for elastic weight consolidation: when training goes on with another task, the penalty
/// (λ/2) Σᵢ Fᵢᵢ (wᵢ − aᵢ)² holds the weights near the anchors a (Kirkpatrick et al., 2017).
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
                    writer.Add($"{layer.Weight}.anchor", layer.Element, layer.Shape.AsSpan(), layer.Anchor);
                    writer.Add($"{layer.Weight}.importance", layer.Element, layer.Shape.AsSpan(), layer.Importance);
                    if (layer.StandardErrors is { } errors)
                        writer.Add($"{layer.Weight}.importance_standard_error", layer.Element, layer.Shape.AsSpan(), errors);
                }
            }
        );

    /// <summary>The figures as JSON, without the arrays.</summary>
    internal string ToJson() => JsonText.Of(ImportanceDocument.Of(this), ImportanceJson.Relaxed.ImportanceDocument);
}
