using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Whether a plan that was made for some data holds for others: where all that it took from them is the same.</summary>
internal static class OtherData
{
    /// <summary>
    /// The data, and their arrays as the plan's inputs take them; null where they would lead to another plan. Throws
    /// <see cref="UserErrorException"/> for data that do not fit.
    /// </summary>
    /// <param name="inputs">The inputs of the plan's own data.</param>
    /// <param name="sized">The model with the sizes of the plan's own data.</param>
    /// <param name="request">The request, without the facts that data decide.</param>
    /// <param name="loss">The loss of the plan, with what follows from its data.</param>
    /// <param name="options">How runs are carried out.</param>
    /// <param name="data">The other data.</param>
    public static (GivenData Given, IReadOnlyDictionary<string, NpyArray> Arrays)? Settled(
        RunInputs inputs,
        Lazy<ModelGraph> sized,
        CurvatureRequest request,
        LossRequest loss,
        CurvatureRunOptions options,
        IReadOnlyDictionary<string, DataSource> data
    )
    {
        // A random choice depends on the data in more ways than are compared here.
        if (request.IsRandom || OfSameForm(inputs, options, data) is not { } given)
            return null;
        var (settled, arrays) = LossTargets.Of(sized, inputs.Model.Graph, request, given.Arrays, given.Names);
        return settled.Loss == loss ? (given, arrays) : null;
    }

    /// <summary>
    /// The data, where their names, types and shapes are those of a plan's own, and so is what was taken as constant; null where not.
    /// Throws <see cref="UserErrorException"/> for data that do not fit.
    /// </summary>
    /// <param name="inputs">The inputs of the plan's own data.</param>
    /// <param name="options">How runs are carried out.</param>
    /// <param name="data">The other data.</param>
    public static GivenData? OfSameForm(RunInputs inputs, CurvatureRunOptions options, IReadOnlyDictionary<string, DataSource> data)
    {
        // Which samples or branches are taken depends on the data, too.
        if (options.SkipsBad || options.SampleRange is not null || !inputs.Model.LeftOutNodes.IsEmpty)
            return null;
        if (!data.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(inputs.All.Keys))
            return null;
        var constants = inputs.All.Keys.Except(inputs.Data.Keys).ToHashSet(StringComparer.Ordinal);
        if (constants.Any(name => inputs.All[name].Digest() != data[name].Digest()))
            return null;
        var others = data.Where(entry => !constants.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal);
        var given = GivenData.Of(inputs.Source, inputs.Model, others, options);
        return HaveSameForm(inputs.Data, given.Arrays) ? given : null;
    }

    private static bool HaveSameForm(IReadOnlyDictionary<string, NpyArray> first, IReadOnlyDictionary<string, NpyArray> second) =>
        first.All(entry =>
            second.TryGetValue(entry.Key, out var other)
            && other.Element == entry.Value.Element
            && other.Shape.SequenceEqual(entry.Value.Shape)
        );
}
