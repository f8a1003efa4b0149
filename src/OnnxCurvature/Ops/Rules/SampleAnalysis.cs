using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Finds how values depend on the samples of a batch, so that a method can prove that samples are not coupled.</summary>
public static class SampleAnalysis
{
    /// <summary>
    /// Adds to <paramref name="axes"/> those of the outputs of <paramref name="nodes"/>, which must be in topological order.
    /// A value that is not among them does not depend on the samples; one that is among them keeps its axis.
    /// </summary>
    public static void Run(IEnumerable<Node> nodes, IDictionary<Value, SampleAxis> axes)
    {
        foreach (var node in nodes)
        {
            var inputs = node.Inputs.Select(input => input is not null && axes.TryGetValue(input, out var axis) ? axis : SampleAxis.None).ToArray();
            var captured = IBodyOperator.HidesCaptures(node) && node.Bodies.SelectMany(GraphWalk.Captures).Any(value => axes.TryGetValue(value, out var axis) && !axis.IsNone);
            if (!captured && inputs.All(axis => axis.IsNone))
                continue;
            if (captured || inputs.Any(axis => axis.IsCoupled))
            {
                foreach (var output in node.Outputs)
                    axes.TryAdd(output, SampleAxis.Coupled);
                continue;
            }
            var outputs = inputs.Any(axis => axis is { IsSeparate: true, IsWhole: false }) ? node.Rules().SamplesWithin(node, [.. inputs]) : node.Rules().Samples(node, [.. inputs]);
            for (var index = 0; index < node.Outputs.Length; index++)
                axes.TryAdd(node.Outputs[index], outputs[index]);
        }
    }
}
