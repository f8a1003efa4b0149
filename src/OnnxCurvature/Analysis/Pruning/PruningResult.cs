using System.Collections.Immutable;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Analysis.Pruning;

/// <summary>Which entries of the weights of a network become zero, and what that is predicted to do to the loss.</summary>
/// <param name="Loss">The loss as it is.</param>
/// <param name="Layers">The weights, in the order of the graph.</param>
public sealed record PruningResult(double Loss, ImmutableArray<PrunedLayer> Layers)
{
    /// <summary>The share of all entries that become zero.</summary>
    public double Sparsity => (double)Layers.Sum(layer => layer.Pruned) / Layers.Sum(layer => layer.Keeps.Length);

    /// <summary>The predicted change of the loss.</summary>
    public double Predicted => Layers.Sum(layer => layer.Predicted);

    /// <summary>A bound of the standard error of the prediction; 0 where all diagonals are exact.</summary>
    public double Error => Layers.Sum(layer => layer.Error);

    /// <summary>The weights with zeros in place of what goes, by name.</summary>
    public IReadOnlyDictionary<string, double[]> Weights() =>
        Layers.ToDictionary(
            layer => layer.Weight,
            layer => layer.Values.Zip(layer.Keeps, (value, keeps) => keeps ? value : 0).ToArray(),
            StringComparer.Ordinal
        );

    /// <summary>Writes a .npz with a mask for each weight, under its name: true where an entry stays.</summary>
    public void WriteMasks(string path) => NpzWriter.WriteFile(path, writer =>
        {
            foreach (var layer in Layers)
            {
                double[] mask = [.. layer.Keeps.Select(keeps => keeps ? 1.0 : 0)];
                writer.Add(layer.Weight, NpyArray.Of(ElementType.Bool, [.. layer.Shape], mask));
            }
        });

    /// <summary>The figures as JSON, without the masks.</summary>
    /// <param name="curve">The losses that were measured on held data; empty for none.</param>
    internal string ToJson(ImmutableArray<PruningPoint> curve) =>
        JsonText.Of(PruningDocument.Of(this, curve), PruningJson.Relaxed.PruningDocument);
}

/// <summary>The entries of one weight that become zero.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Node">The nodes that use it.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Values">Its entries as they are.</param>
/// <param name="Keeps">Whether each entry stays.</param>
/// <param name="Predicted">The predicted change of the loss: the sum of ½ Hᵢᵢ wᵢ² − gᵢ wᵢ over what goes.</param>
/// <param name="Error">A bound of the standard error of the prediction; 0 where the diagonal is exact.</param>
/// <param name="IsExact">Whether the diagonal is exact.</param>
public sealed record PrunedLayer(
    string Weight,
    string Node,
    ImmutableArray<long> Shape,
    ImmutableArray<double> Values,
    ImmutableArray<bool> Keeps,
    double Predicted,
    double Error,
    bool IsExact
)
{
    /// <summary>The number of entries that become zero.</summary>
    public int Pruned => Keeps.Count(keeps => !keeps);
}

/// <summary>A point of a curve: the loss at a sparsity, for each score.</summary>
/// <param name="Sparsity">The share of entries that are zero.</param>
/// <param name="Losses">The loss that was measured, by score.</param>
internal sealed record PruningPoint(double Sparsity, ImmutableDictionary<PruningScore, double> Losses);
