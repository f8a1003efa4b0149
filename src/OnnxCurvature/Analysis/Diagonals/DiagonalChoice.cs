using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>
/// Which weights are worth exact diagonals: as many as the budget holds, the cheapest first. A weight's own price is an upper bound of what
/// it adds, since weights share directions; so sets of weights are priced as they would be run.
/// </summary>
internal sealed class DiagonalChoice(RunPricing pricing, CurvatureRequest request, AnalysisOptions options)
{
    /// <summary>How many sets are priced beyond those whose own prices fit: each takes a plan of its own.</summary>
    private const int MostTrials = 6;

    private readonly List<(string Weight, string Reason)> _leftOut = [];

    /// <summary>The weights that have no diagonal; known once the choice is made.</summary>
    public ImmutableArray<(string Weight, string Reason)> LeftOut => [.. _leftOut];

    /// <summary>About how long the exact diagonals take together, in seconds; known once the choice is made.</summary>
    public double ExactSeconds { get; private set; }

    /// <summary>The choice for every weight that has a diagonal, in the order of the graph.</summary>
    public ImmutableArray<LayerPlan> Make(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var uses = WeightUse.Of(pricing.Graph);
        var layers = new List<LayerPlan>();
        foreach (var (index, weight) in pricing.Weights.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new RunProgress((double)index / pricing.Weights.Length, $"weight {index + 1} of {pricing.Weights.Length}"));
            if (Priced(weight, uses) is { } layer)
                layers.Add(layer);
        }
        if (layers.Count == 0)
            throw new UserErrorException(
                $"No weight has a diagonal that could be analyzed; of '{_leftOut[0].Weight}': {_leftOut[0].Reason}"
            );
        var exact = Exact(layers).ToHashSet();
        return [.. layers.Select(layer => exact.Contains(layer.Weight) ? layer : Estimated(layer))];
    }

    /// <summary>The request for exact diagonals of some weights.</summary>
    public CurvatureRequest ExactRequest(IEnumerable<string> weights) =>
        request with
        {
            WithRespectTo = [.. weights],
            Quantities = [Quantity.Loss, Quantity.Gradient, options.Diagonal],
            Estimator = Estimator.None,
        };

    /// <summary>
    /// The request for weights whose diagonals are estimated: the loss, the gradient, and the estimate, unless it comes by
    /// <see cref="JointEstimate"/>.
    /// </summary>
    public CurvatureRequest EstimateRequest(IEnumerable<string> weights) =>
        Estimator == Estimator.Hutchinson
            ? ExactRequest(weights) with
            {
                Quantities = [Quantity.Loss, Quantity.Gradient],
            }
            : ExactRequest(weights) with
            {
                Estimator = Estimator,
                Probes = options.Probes,
                Seed = options.Seed,
            };

    private Estimator Estimator => options.Diagonal == Quantity.GgnDiagonal ? Estimator.GgnMonteCarlo : Estimator.Hutchinson;

    private LayerPlan? Priced(string weight, IReadOnlyDictionary<Value, ImmutableArray<WeightUse>> uses)
    {
        var value = pricing.Graph.Values[weight];
        try
        {
            var (methods, seconds) = pricing.Price(ExactRequest([weight]));
            var method = methods.Single();
            return new LayerPlan(weight, [.. value.Type.Shape.Sizes], true, method.Method, method.Reason, seconds, method.Flops)
            {
                Uses = uses.GetValueOrDefault(value, []),
            };
        }
        catch (Exception exception)
            when (exception is UserErrorException or UnsupportedModelException or UnsupportedOperatorException or ArithmeticException)
        {
            if (!request.WithRespectTo.IsEmpty)
                throw;
            _leftOut.Add((weight, exception.Message));
            return null;
        }
    }

    /// <summary>The longest run of the cheapest weights that is found to fit the budget.</summary>
    private ImmutableArray<string> Exact(List<LayerPlan> layers)
    {
        var order = layers.OrderBy(layer => layer.ExactSeconds).ThenBy(layer => layer.Weight, StringComparer.Ordinal).ToArray();
        var (fits, sum) = (0, 0.0);
        while (fits < order.Length && sum + order[fits].ExactSeconds <= options.Budget.TotalSeconds)
            sum += order[fits++].ExactSeconds;
        var (least, most) = (fits, order.Length + 1);
        ExactSeconds = fits == 0 ? 0 : pricing.Price(ExactRequest(Names(fits))).Seconds;
        for (var trial = 0; trial < MostTrials && most - least > 1; trial++)
        {
            var count = trial == 0 ? order.Length : (least + most) / 2;
            if (count == 0)
                break;
            var seconds = pricing.Price(ExactRequest(Names(count))).Seconds;
            if (seconds <= options.Budget.TotalSeconds)
                (least, ExactSeconds) = (count, seconds);
            else
                most = count;
        }
        return Names(least);

        ImmutableArray<string> Names(int count) => [.. order.Take(count).Select(layer => layer.Weight)];
    }

    private LayerPlan Estimated(LayerPlan layer) =>
        layer with
        {
            IsExact = false,
            Method = Estimator.Name(),
            Reason = $"The exact diagonal, by {layer.Method}, does not fit the budget of {options.Budget.TotalSeconds:0.###} s.",
        };
}
