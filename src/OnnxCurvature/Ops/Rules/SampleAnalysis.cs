using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Finds where the samples of a batch lie in values, so that a method can prove that samples are independent.</summary>
internal static class SampleAnalysis
{
    /// <summary>
    /// Adds to <paramref name="layouts"/> those of the outputs of <paramref name="nodes"/>, which must be in topological order.
    /// A value that is not among them does not depend on the samples; one that is among them keeps its layout.
    /// </summary>
    public static void Run(IEnumerable<Node> nodes, IDictionary<Value, SampleLayout> layouts)
    {
        foreach (var node in nodes)
        {
            var inputs = node
                .Inputs.Select(input => input is not null && layouts.TryGetValue(input, out var layout) ? layout : SampleLayout.None)
                .ToArray();
            var captured = CapturesSamples(node, layouts);
            if (!captured && inputs.All(layout => layout.IsNone))
                continue;
            SampleLayout[] outputs = [.. node.Outputs.Select(_ => SampleLayout.Coupled)];
            if (!captured)
                outputs = inputs.Any(layout => layout.IsCoupled) ? Coupled(node, inputs) : Independent(node, inputs);
            for (var index = 0; index < node.Outputs.Length; index++)
                layouts.TryAdd(node.Outputs[index], outputs[index]);
        }
    }

    private static bool CapturesSamples(Node node, IDictionary<Value, SampleLayout> layouts) =>
        IBodyOperator.HidesCaptures(node)
        && node.Bodies.SelectMany(GraphWalk.Captures).Any(value => layouts.TryGetValue(value, out var layout) && !layout.IsNone);

    private static SampleLayout[] Independent(Node node, SampleLayout[] inputs) =>
        inputs.All(layout => !layout.IsSeparate || layout.IsWhole)
            ? [.. node.Rules().Samples(node, [.. inputs])]
            : [.. node.Rules().SamplesWithin(node, [.. inputs])];

    /// <summary>
    /// Coupled samples stay coupled, but their places stay known: those that they have while every value of no known place, such as a
    /// statistic of the batch, is held fixed.
    /// </summary>
    private static SampleLayout[] Coupled(Node node, SampleLayout[] inputs)
    {
        var places = inputs.Select(layout => layout.Place ?? SampleLayout.None).ToArray();
        return places.All(place => place.IsNone)
            ? [.. node.Outputs.Select(_ => SampleLayout.Coupled)]
            : [.. Independent(node, places).Select(layout => layout.AsCoupled())];
    }
}
