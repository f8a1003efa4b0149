using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Importance;

/// <summary>Computes the importance of weights.</summary>
internal static class Importances
{
    /// <summary>Throws <see cref="UserErrorException"/> for what has no Fisher diagonal, and for data that do not fit.</summary>
    public static ImportanceResult Run(
        string path,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        bool samplesLabels,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var pricing = RunPricing.Of(path, request, data, runOptions);
        var asked = request with
        {
            WithRespectTo = pricing.Weights,
            Quantities = [Quantity.Loss, samplesLabels ? Quantity.FisherDiagonalMonteCarlo : Quantity.FisherDiagonal],
        };
        var run = RunPreparation.Of(path, asked, data, runOptions.EndedBy(cancellation));
        var result = run.Run(progress, cancellation);
        var tensors = result.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var nodes = WeightUse.NodesByWeight(pricing.Graph);
        return new ImportanceResult(
            tensors[Quantity.Loss.OutputName("")].Values[0],
            result.Samples,
            [.. pricing.Weights.Select(Layer)],
            result.Notes
        );

        WeightImportance Layer(string weight)
        {
            var quantity = samplesLabels ? Quantity.FisherDiagonalEstimate : Quantity.FisherDiagonal;
            var importance = tensors[quantity.OutputName(weight)];
            var errors = samplesLabels ? tensors[Quantity.FisherDiagonalStandardError.OutputName(weight)].Values : null;
            return new WeightImportance(
                weight,
                nodes.GetValueOrDefault(weight, weight),
                importance.Element,
                importance.Shape,
                [.. pricing.Graph.Values[weight].Constant!.Read().Floats],
                [.. importance.Values],
                errors is null ? null : [.. errors]
            );
        }
    }
}
