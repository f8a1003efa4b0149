using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// Where samples lie where a program takes one at a time. Its own shapes do not say: every axis of size one may be the axis of samples.
/// The same model for two samples does.
/// </summary>
internal static class SingleSample
{
    private const long MoreSamples = 2;

    /// <summary>
    /// The layouts that the model has for two samples; null where it takes another number than one, or one only. Throws <see
    /// cref="UserErrorException"/> for a request that does not fit the model.
    /// </summary>
    /// <param name="source">How the model is loaded for one sample.</param>
    /// <param name="single">The model, loaded so.</param>
    /// <param name="request">The request.</param>
    /// <param name="limits">The limits of plans.</param>
    public static PlanLayouts? Layouts(ModelSource source, OnnxModel single, CurvatureRequest request, PlanLimits limits)
    {
        if (!source.Dimensions.ContainsValue(1))
            return null;
        var symbolic = (source with { Dimensions = source.Dimensions.RemoveRange(Ones(source.Dimensions)) }).Load(isPartial: true).Graph;
        var symbols = InputSamples
            .Of(symbolic)
            .SelectMany(input => input.Value.SamplesOf(input.Key.Type.Shape).Symbols)
            .Select(symbol => symbol.Name)
            .Where(symbol => source.Dimensions.GetValueOrDefault(symbol) == 1)
            .Distinct()
            .ToArray();
        if (symbols.Length == 0)
            return null;
        var several = source with
        {
            Dimensions = source.Dimensions.SetItems(symbols.Select(symbol => KeyValuePair.Create(symbol, MoreSamples))),
        };
        var model = several.Load(isPartial: true);
        // A model with nodes that take no second sample, as after a reshape to constants [1, …], has no other layouts.
        return model.LeftOutNodes.Length == single.LeftOutNodes.Length
            ? new Planner(model.Graph, request, limits with { Dimensions = several.Dimensions }).FindLayouts()
            : null;
    }

    private static IEnumerable<string> Ones(ImmutableDictionary<string, long> dimensions) =>
        dimensions.Where(entry => entry.Value == 1).Select(entry => entry.Key);
}
