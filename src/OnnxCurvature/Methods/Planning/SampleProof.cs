using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Planning;

/// <summary>What is known of how the samples of a batch go through a model into the loss.</summary>
internal sealed class SampleProof
{
    private readonly Dictionary<Value, SampleAxis> _axes = [];

    /// <summary>Follows the samples, which lie along the first axis of the inputs and of the loss's target.</summary>
    public SampleProof(ModelGraph model, LossHead head)
    {
        foreach (var input in head.Target is { } target ? model.Inputs.Add(target) : model.Inputs)
            if (input.Type.Rank > 0)
                _axes[input] = SampleAxis.At(0);
        SampleAnalysis.Run(GraphWalk.Ancestors([head.Loss]), _axes);
        Samples = head.Output.Type.Rank > 0 && Of(head.Output) == SampleAxis.At(0) ? head.Output.Type.Shape[0]
            : model.Inputs.FirstOrDefault(input => input.Type.Rank > 0)?.Type.Shape[0] ?? 1;
    }

    /// <summary>The number of samples.</summary>
    public Dim Samples { get; }

    /// <summary>How a value depends on the samples.</summary>
    public SampleAxis Of(Value value) => _axes.GetValueOrDefault(value);

    /// <summary>Why the samples of a value are not proven to lie apart along its first axis and to have come there separately; null where they are.</summary>
    public string? ObstacleBefore(Value value, IEnumerable<Node> before)
    {
        if (Samples == 1)
            return null;
        if (Of(value) != SampleAxis.At(0))
            return $"the samples of '{value.Name}' are not proven to lie apart along its first axis";
        return before.FirstOrDefault(node => node.Outputs.Any(output => Of(output).IsCoupled)) is { } coupling ? $"{coupling} may mix samples" : null;
    }

    /// <summary>
    /// Why the loss is not proven to be a sum over samples as far as second derivatives go; null where it is. That is so where no curvature source
    /// mixes samples: what mixes them before or after is linear on pieces, and adds no mixed second derivative.
    /// </summary>
    public string? ObstacleAfter(IEnumerable<(Node Node, Curvature Curvature)> after) => Samples == 1 ? null
        : after.Where(entry => entry.Curvature == Curvature.Curved && !entry.Node.Outputs.All(output => Of(output).IsSeparate)).Select(entry => $"{entry.Node} may mix samples").FirstOrDefault();
}
