using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The loss of a model over its data for other entries of some weights: what predictions are measured against.</summary>
internal sealed class MeasuredLoss : IDisposable
{
    private readonly RepeatedRun _run;
    private readonly ImmutableArray<double[]> _values;
    private readonly ImmutableArray<string> _weights;

    private MeasuredLoss(RepeatedRun run, ImmutableArray<string> weights, ImmutableArray<double[]> values)
    {
        _run = run;
        _weights = weights;
        _values = values;
    }

    /// <summary>Compiles the loss as a function of some weights.</summary>
    public static MeasuredLoss Create(SettledRun settled, CurvatureRunOptions options, ImmutableArray<string> weights)
    {
        ImmutableArray<double[]> values = [];
        var run = RepeatedRun.Create(settled, options, averages: null, Build);
        return new MeasuredLoss(run, weights, values);

        (ImmutableArray<Value>, ImmutableArray<Value>) Build(ModelGraph graph, LossHead head)
        {
            var b = graph.Builder;
            var constants = Target.Resolve(graph, weights).Select(target => target.Value).ToArray();
            values = [.. constants.Select(constant => constant.Constant!.Read().Floats)];
            var parameters = constants.ToDictionary(constant => constant, constant => b.Parameter(constant.Type));
            return ([.. constants.Select(constant => parameters[constant])], b.Substitute([head.Loss], parameters));
        }
    }

    /// <summary>The loss where some weights have other entries; those that are not named keep theirs.</summary>
    public double Of(IReadOnlyDictionary<string, double[]> changed, CancellationToken cancellation) =>
        _run.Run([.. _weights.Select((weight, index) => changed.GetValueOrDefault(weight, _values[index]))], cancellation)[0][0];

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
