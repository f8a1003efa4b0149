using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>Values whose samples lie along any axis, or a factor of it, with the samples before everything else, and back.</summary>
public static class SamplesFirst
{
    /// <summary>A value as [N, *one], where one is the shape of what one sample has of it; behind <paramref name="leading"/> other axes.</summary>
    public static Value Of(GraphBuilder b, Value value, SampleAxis samples, int leading = 0)
    {
        var shape = value.Type.Shape.Range(leading, value.Type.Rank);
        var lead = value.Type.Shape.Range(0, leading);
        var apart = samples.IsWhole ? value : Reshape.To(b, value, lead.Concat(Apart(shape, samples)));
        return Reshape.To(b, TransposeAxes.Move(b, apart, leading + Place(samples), leading),
            lead.Concat(samples.Of(shape, 1).Prepend(samples.SamplesOf(shape))));
    }

    /// <summary>The inverse of <see cref="Of"/>: [N, …] back to the value's shape.</summary>
    public static Value Undo(GraphBuilder b, Value first, TensorShape shape, SampleAxis samples, int leading = 0)
    {
        var lead = first.Type.Shape.Range(0, leading);
        var apart = samples.IsWhole ? shape : Apart(shape, samples);
        var place = Place(samples);
        var moved = TransposeAxes.Move(b, Reshape.To(b, first, lead.Concat(apart.Remove(place).Prepend(apart[place]))), leading, leading + place);
        return Reshape.To(b, moved, lead.Concat(shape));
    }

    /// <summary>The entries [K, e] of one sample, the same for every sample: [K, *shape].</summary>
    public static Value Repeated(GraphBuilder b, Value one, TensorShape shape, SampleAxis samples)
    {
        var (columns, single) = (one.Type.Shape[0], samples.Of(shape, 1));
        if (samples.IsWhole)
            return Expand.Of(b, Reshape.To(b, one, single.Prepend(columns)), shape.Prepend(columns));
        var all = Expand.Of(b, Reshape.To(b, one, single.Prepend(1).Prepend(columns)), single.Prepend(samples.SamplesOf(shape)).Prepend(columns));
        return Undo(b, all, shape, samples, 1);
    }

    /// <summary>A shape with an axis for each factor of that on which the samples lie.</summary>
    private static TensorShape Apart(TensorShape shape, SampleAxis samples) =>
        [.. shape.Range(0, samples.Axis), samples.Outer, samples.SamplesOf(shape), samples.Inner, .. shape.Range(samples.Axis + 1, shape.Rank)];

    private static int Place(SampleAxis samples) => samples.IsWhole ? samples.Axis : samples.Axis + 1;
}
