using System.Globalization;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Analysis.Laplace;

/// <summary>Makes posteriors of diagonals.</summary>
internal static class Posteriors
{
    /// <summary>
    /// The posterior. Throws <see cref="UserErrorException"/> where the loss is a mean, which is no likelihood of all samples, or where the
    /// curvature and the prior together are not positive.
    /// </summary>
    public static LaplaceResult Of(NetworkCurvature curvature, double? priorPrecision)
    {
        if (priorPrecision is { } given && !(given > 0 && double.IsFinite(given)))
            throw new UserErrorException("A prior precision is a number above 0.");
        if (curvature.Request.Reduction != Reduction.Sum)
            throw new UserErrorException("A posterior is made of the sum of the losses, and the analysis took their mean; give a sum.");
        double[] values = [.. curvature.Layers.SelectMany(layer => layer.Values)];
        double[] diagonal = [.. curvature.Layers.SelectMany(layer => layer.Diagonal)];
        var evidence = new MarginalLikelihood(curvature.Loss, values, diagonal);
        var prior = priorPrecision ?? evidence.Fit() ?? throw NothingToFit(curvature);
        foreach (var layer in curvature.Layers)
            if (layer.Diagonal.Min() is var least && !(least + prior > 0))
                throw new UserErrorException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The curvature of '{layer.Weight}' goes down to {least:G4}, and with the prior precision {prior:G4} no variance "
                            + $"is positive there; take the Gauss–Newton diagonal, with --diagonal ggn, or a larger --prior."
                    )
                );
        return new LaplaceResult(
            curvature.Loss,
            prior,
            priorPrecision is null,
            evidence.Of(prior),
            [
                .. curvature.Layers.Select(layer => new LaplaceLayer(
                    layer.Weight,
                    layer.Node,
                    layer.Shape,
                    layer.Values,
                    [.. layer.Diagonal.Select(entry => 1 / (entry + prior))],
                    layer.IsExact
                )),
            ]
        );
    }

    private static UserErrorException NothingToFit(NetworkCurvature curvature)
    {
        var layer = curvature.Layers.MinBy(layer => layer.Diagonal.Min())!;
        return new UserErrorException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The curvature of '{layer.Weight}' goes down to {layer.Diagonal.Min():G4}, and no prior precision has the largest "
                    + $"marginal likelihood then; take the Gauss–Newton diagonal, with --diagonal ggn, or give a --prior."
            )
        );
    }
}
