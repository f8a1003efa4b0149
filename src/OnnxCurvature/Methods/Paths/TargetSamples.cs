using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Paths;

/// <summary>Finds how targets depend on the samples of a batch: weights do not, inputs and what is computed from them do.</summary>
public static class TargetSamples
{
    /// <summary>The sample axis of each target.</summary>
    public static IReadOnlyList<SampleLayout> Of(ModelGraph model, IReadOnlyList<Target> targets)
    {
        var axes = InputSamples.Of(model);
        SampleAnalysis.Run(GraphWalk.Ancestors(targets.Select(target => target.Value)), axes);
        return [.. targets.Select(target => axes.GetValueOrDefault(target.Value))];
    }

    /// <summary>
    /// Whether some results have an entry for each sample, so that those of several batches lie one after the other. Throws
    /// <see cref="UserErrorException"/> where they cannot.
    /// </summary>
    public static bool AnyInSeveralBatches(ModelGraph model, IReadOnlyList<Target> targets)
    {
        var axes = Of(model, targets);
        for (var index = 0; index < targets.Count; index++)
            if (!axes[index].IsNone && (axes[index] != SampleLayout.At(0) || targets[index].IsPart))
                throw new UserErrorException($"'{targets[index].Name}' depends on the samples, but does not hold them one after the other along its first axis, so the results of several batches cannot be put together; give a --batch-size of all samples.");
        return axes.Any(axis => !axis.IsNone);
    }
}
