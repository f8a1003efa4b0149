using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Paths;

/// <summary>Finds how targets depend on the samples of a batch: weights do not, inputs and what is computed from them do.</summary>
internal static class TargetSamples
{
    /// <summary>The sample axis of each target.</summary>
    public static IReadOnlyList<SampleLayout> Of(ModelGraph model, IReadOnlyList<Target> targets)
    {
        var axes = InputSamples.Of(model);
        SampleAnalysis.Run(GraphWalk.Ancestors(targets.Select(target => target.Value)), axes);
        return [.. targets.Select(target => axes.GetValueOrDefault(target.Value))];
    }

    /// <summary>
    /// The first target that depends on the samples and does not hold them one after the other along its first axis, so that results of
    /// several batches cannot be put together; or null.
    /// </summary>
    public static Target? Scattered(ModelGraph model, IReadOnlyList<Target> targets) =>
        targets
            .Zip(Of(model, targets))
            .FirstOrDefault(entry => !entry.Second.IsNone && (entry.Second != SampleLayout.At(0) || entry.First.IsPart))
            .First;

    /// <summary>Whether some targets depend on the samples and others do not.</summary>
    public static bool AreOfBothKinds(ModelGraph model, IReadOnlyList<Target> targets) =>
        Of(model, targets).Select(samples => samples.IsNone).Distinct().Count() > 1;

    /// <summary>
    /// Whether results of some target have an entry for each sample, so that those of several batches lie one after the other.
    /// </summary>
    public static bool AnyPerSample(ModelGraph model, IReadOnlyList<Target> targets) => Of(model, targets).Any(samples => !samples.IsNone);
}
