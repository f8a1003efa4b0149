using System.Collections.Immutable;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Analysis.Laplace;

/// <summary>A Gaussian posterior of the weights around their values, with a variance for each entry.</summary>
/// <param name="Loss">The sum of the losses over all samples: minus the logarithm of the likelihood.</param>
/// <param name="PriorPrecision">τ.</param>
/// <param name="IsFitted">Whether τ is that of the largest marginal likelihood.</param>
/// <param name="LogMarginalLikelihood">The logarithm of the marginal likelihood at τ.</param>
/// <param name="Layers">The weights, in the order of the graph.</param>
public sealed record LaplaceResult(
    double Loss,
    double PriorPrecision,
    bool IsFitted,
    double LogMarginalLikelihood,
    ImmutableArray<LaplaceLayer> Layers
)
{
    /// <summary>Writes a .npz with <c>NAME.mean</c> and <c>NAME.variance</c> for each weight, in float64.</summary>
    public void WriteArrays(string path) =>
        NpzWriter.WriteFile(
            path,
            writer =>
            {
                foreach (var layer in Layers)
                {
                    writer.Add($"{layer.Weight}.mean", ElementType.Float64, layer.Shape.AsSpan(), layer.Mean);
                    writer.Add($"{layer.Weight}.variance", ElementType.Float64, layer.Shape.AsSpan(), layer.Variance);
                }
            }
        );

    /// <summary>The figures as JSON, without the arrays.</summary>
    internal string ToJson() => JsonText.Of(LaplaceDocument.Of(this), LaplaceJson.Relaxed.LaplaceDocument);
}

/// <summary>The posterior of one weight.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Node">The nodes that use it.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Mean">Its entries.</param>
/// <param name="Variance">1 / (hᵢ + τ).</param>
/// <param name="IsExact">Whether the curvature h is exact, or an estimate.</param>
public sealed record LaplaceLayer(
    string Weight,
    string Node,
    ImmutableArray<long> Shape,
    ImmutableArray<double> Mean,
    ImmutableArray<double> Variance,
    bool IsExact
);
