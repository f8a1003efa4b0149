using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Paths;

/// <summary>
/// The proven way of the samples of a batch through a model into the loss. Everything that needs samples takes them from here.
/// </summary>
internal sealed class SampleProof
{
    private readonly Dictionary<Value, SampleLayout> _layouts;

    /// <summary>
    /// Follows the samples from the inputs, whose layouts the model holds; the loss's target has them where the output has them.
    /// </summary>
    public SampleProof(ModelGraph model, LossHead head)
    {
        _layouts = InputSamples.Along(model, GraphWalk.Ancestors([head.Output]));
        var terms = head.InTerms(Of(head.Output));
        // Labels are without trailing axes of one; where the samples lay along such an axis there is a single one.
        if (head.Target is { } target && !terms.IsNone && !(terms.Place is { } lying && lying.Axis >= target.Type.Rank))
            _layouts[target] = terms.IsCoupled && IsOfOneSample(model, target) ? SampleLayout.At(0) : terms;
        var nodes = GraphWalk.Ancestors([head.Loss]);
        SampleAnalysis.Run(nodes, _layouts);

        var counts = InputSamples.Counts(nodes, _layouts);
        IsSingle = counts.All(count => count.IsOne);
        InOutput =
            IsSingle ? SampleLayout.None
            : !terms.IsCoupled ? Of(head.Output)
            : Of(head.Output).AsCoupled();
        Place =
            IsSingle ? SampleLayout.None
            : Of(head.Output).Place is not { } known ? OfSize(head, counts)
            : terms.Place is null ? null
            : known;
        Samples =
            IsSingle ? 1
            : Place is { IsSeparate: true } place ? place.SamplesOf(head.Output.Type.Shape)
            : counts[0];
    }

    /// <summary>Whether there is one sample only, so that the whole of any value is that sample's.</summary>
    public bool IsSingle { get; }

    /// <summary>The number of samples: that in the loss's output, else that in the first input.</summary>
    public Dim Samples { get; }

    /// <summary>
    /// Where samples lie in the loss's output, in which the loss is a sum of functions of each sample alone; coupled where that is not
    /// proven. None where there is one sample, or the output depends on none.
    /// </summary>
    public SampleLayout InOutput { get; }

    /// <summary>
    /// Which entries of the loss's output belong to which sample, so that the loss is a sum of terms of each, though samples may be coupled
    /// before; none where there is one sample. Null where that is not known.
    /// </summary>
    public SampleLayout? Place { get; }

    /// <summary>How a value depends on the samples.</summary>
    public SampleLayout Of(Value value) => _layouts.GetValueOrDefault(value);

    /// <summary>How the samples lie in a value where they are to be distinguished: not at all where there is one only.</summary>
    public SampleLayout Separate(Value value) => IsSingle ? SampleLayout.None : Of(value);

    /// <summary>The shape of what one sample has of a value; that of the whole value where samples are not independent in it.</summary>
    public TensorShape OfOne(Value value) => Separate(value).OfOne(value.Type.Shape);

    /// <summary>The obstacle to cutting a way between the target and the loss.</summary>
    /// <param name="nodes">The nodes of the way, in order.</param>
    public SampleObstacles Obstacles(ImmutableArray<(Node Node, Curvature Curvature)> nodes) => new(this, nodes);

    /// <summary>
    /// Whether the model takes one sample, of which the target's first axis is then the axis of samples, though nothing distinguishes it
    /// from other axes of size one.
    /// </summary>
    private bool IsOfOneSample(ModelGraph model, Value target) =>
        target.Type.Rank > 0
        && target.Type.Shape[0].IsOne
        && model.Inputs.All(input => Of(input) is not { IsNone: false } layout || layout.SamplesOf(input.Type.Shape).IsOne);

    /// <summary>
    /// Where samples are coupled so that their places are lost, a sample is what has its target: the only axis that is as long as there are
    /// samples holds one for each. Null where several are so long, or none, or the loss has no targets.
    /// </summary>
    private static SampleLayout? OfSize(LossHead head, ImmutableArray<Dim> counts)
    {
        var shape = head.Output.Type.Shape;
        var fitting = Enumerable
            .Range(0, shape.Rank)
            .Where(axis => axis != head.ClassAxis && counts.Length == 1 && shape[axis] == counts[0])
            .ToArray();
        return head.Target is not null && fitting is [var axis] ? SampleLayout.At(axis) : null;
    }
}
