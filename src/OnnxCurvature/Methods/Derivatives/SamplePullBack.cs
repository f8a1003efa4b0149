using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Pull-backs of directions [K, *z] from the loss's output z to a target w, separate for each sample: [K, N, *w], or, where w holds samples
/// itself, [K, *w] with the samples where they lie in w.
/// </summary>
/// <param name="outer">The builder of the program around the directions.</param>
/// <param name="z">The loss's output.</param>
/// <param name="path">The path from the target to z.</param>
/// <param name="inOutput">Which entries of z belong to which sample; none where all of z is taken for one.</param>
/// <param name="isMasked">Whether each sample is pulled back by itself, with zeros at all others, because samples are coupled on the
/// path.</param>
internal sealed class SamplePullBack(GraphBuilder outer, Value z, TargetPath path, SampleLayout inOutput, bool isMasked)
{
    /// <summary>The path from the target to z.</summary>
    public TargetPath Path => path;

    /// <summary>Which entries of z belong to which sample.</summary>
    public SampleLayout InOutput => inOutput;

    /// <summary>Whether each sample is pulled back by itself.</summary>
    public bool IsMasked => isMasked;

    /// <summary>The number of samples.</summary>
    public Dim Samples => inOutput.IsSeparate ? inOutput.SamplesOf(z.Type.Shape) : 1;

    /// <summary>How the samples lie in the target.</summary>
    public SampleLayout InTarget => path.LayoutOf(path.Target.Value);

    /// <summary>Whether the target itself holds something for each sample.</summary>
    public bool IsOfSamples => InTarget.IsSeparate;

    /// <summary>Whether pull-backs have an axis of samples.</summary>
    public bool IsBySample => path.Separates || isMasked;

    /// <summary>
    /// The shape of a target that holds samples, with these first: nothing is left of an axis that they have to themselves.
    /// </summary>
    public TensorShape SamplesFirstShape => InTarget.Behind(Shape).Prepend(InTarget.SamplesOf(Shape));

    private TensorShape Shape => path.Target.Value.Type.Shape;

    /// <summary>A single direction [*z] pulled back in the outer program.</summary>
    public Value Whole(Value direction)
    {
        if (isMasked)
            return Reshape.To(outer, Masked(outer, Reshape.InsertAxis(outer, direction, 0)), Shape.Prepend(Samples));
        var program = path.Separates ? path.Separated(outer) : path.Tangent;
        return program.Transpose(outer, [direction])[0]!;
    }

    /// <summary>Directions [K, *z] pulled back in the body of a chunk loop.</summary>
    public Value Directions(ChunkLoop chunkLoop, Value directions)
    {
        if (isMasked)
            return Masked(chunkLoop.Body, directions);
        var program = path.Separates ? path.Separated(chunkLoop.Outer) : path.Tangent;
        return path.Pull(chunkLoop.Outer, chunkLoop.Body, program.Inputs[0], program.Outputs[0]!, directions);
    }

    /// <summary>
    /// Pull-backs with an axis of samples before the target's own axes: that of the target's samples, or of a single one.
    /// </summary>
    public Value WithSamples(GraphBuilder b, Value value, int axis) =>
        IsBySample ? value
        : !IsOfSamples ? Reshape.InsertAxis(b, value, axis)
        : Reshape.To(b, SamplesFirst.Of(b, value, InTarget, axis), value.Type.Shape.Range(0, axis).Concat(SamplesFirstShape));

    /// <summary>Directions [K, *z] of which every sample's part is pulled back by itself: [K, N, *w].</summary>
    private Value Masked(GraphBuilder body, Value directions)
    {
        var (shape, count) = (z.Type.Shape, directions.Type.Shape[0]);
        var samples = body.Vector([.. Enumerable.Range(0, checked((int)Samples.Factor)).Select(sample => (long)sample)]);
        var mask = SamplesFirst.AlongSamples(body, OneHotRows.Of(body, samples, Samples.Factor, z.Type.Element), shape, inOutput);
        var perSample = Reshape.To(body, Mul.Of(body, Reshape.InsertAxis(body, directions, 1), mask), shape.Prepend(count * Samples));
        var pulled = path.Pull(outer, body, path.Tangent.Inputs[0], path.Tangent.Outputs[0]!, perSample);
        return Reshape.To(body, pulled, Shape.Prepend(Samples).Prepend(count));
    }
}
