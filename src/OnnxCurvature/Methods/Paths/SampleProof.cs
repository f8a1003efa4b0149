using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Paths;

/// <summary>What is known of how the samples of a batch go through a model into the loss.</summary>
internal sealed class SampleProof
{
    private readonly Dictionary<Value, SampleAxis> _axes;

    /// <summary>Follows the samples, which lie along the first axis of the loss's target.</summary>
    public SampleProof(ModelGraph model, LossHead head)
    {
        _axes = InputSamples.Of(model);
        if (head.Target is { Type.Rank: > 0 } target)
            _axes[target] = SampleAxis.At(0);
        SampleAnalysis.Run(GraphWalk.Ancestors([head.Loss]), _axes);
        Samples = head.Output.Type.Rank > 0 && Of(head.Output) == SampleAxis.At(0) ? head.Output.Type.Shape[0]
            : model.Inputs.FirstOrDefault(input => input.Type.Rank > 0) is { } first ? first.Type.Shape[model.SampleAxes.GetValueOrDefault(first) ?? 0] : 1;
    }

    /// <summary>The number of samples.</summary>
    public Dim Samples { get; }

    /// <summary>How a value depends on the samples.</summary>
    public SampleAxis Of(Value value) => _axes.GetValueOrDefault(value);

    /// <summary>How the samples lie in a value where they are to be told apart: not at all where there is one only.</summary>
    public SampleAxis Apart(Value value) => Samples == 1 ? SampleAxis.None : Of(value);

    /// <summary>The shape of what one sample has of a value; that of the whole value where samples do not lie apart in it.</summary>
    public TensorShape OfOne(Value value) => Apart(value) is { IsSeparate: true } samples ? samples.Of(value.Type.Shape, 1) : value.Type.Shape;

    /// <summary>What stands against cutting a way between the target and the loss.</summary>
    /// <param name="nodes">The nodes of the way, in order.</param>
    public SampleObstacles Obstacles(ImmutableArray<(Node Node, Curvature Curvature)> nodes) => new(this, nodes);
}
