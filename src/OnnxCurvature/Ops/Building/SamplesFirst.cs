using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// Values whose samples lie along any axis, or a factor of it, with the samples before everything else, and back. Where samples are not
/// distinguished, the whole value is one sample.
/// </summary>
internal static class SamplesFirst
{
    /// <summary>
    /// A value as [N, *one], where one is the shape of one sample's entries; behind <paramref name="leading"/> other axes.
    /// </summary>
    public static Value Of(GraphBuilder b, Value value, SampleLayout samples, int leading = 0)
    {
        if (!samples.IsSeparate)
            return Reshape.InsertAxis(b, value, leading);
        var shape = value.Type.Shape.Range(leading, value.Type.Rank);
        var lead = value.Type.Shape.Range(0, leading);
        var factored = samples.IsWhole ? value : Reshape.To(b, value, lead.Concat(Factored(shape, samples)));
        return Reshape.To(
            b,
            TransposeAxes.Move(b, factored, leading + AxisOf(samples), leading),
            lead.Concat(samples.Of(shape, 1).Prepend(samples.SamplesOf(shape)))
        );
    }

    /// <summary>The inverse of <see cref="Of"/>: [N, …] back to the value's shape.</summary>
    public static Value Undo(GraphBuilder b, Value first, TensorShape shape, SampleLayout samples, int leading = 0)
    {
        var lead = first.Type.Shape.Range(0, leading);
        if (!samples.IsSeparate)
            return Reshape.To(b, first, lead.Concat(shape));
        var factored = samples.IsWhole ? shape : Factored(shape, samples);
        var axis = AxisOf(samples);
        var split = Reshape.To(b, first, lead.Concat(factored.Remove(axis).Prepend(factored[axis])));
        return Reshape.To(b, TransposeAxes.Move(b, split, leading, leading + axis), lead.Concat(shape));
    }

    /// <summary>
    /// The entries [K, e] of one sample, the same for every sample: [K, *shape], or a shape that broadcasts to it where
    /// <paramref name="broadcasts"/> allows that.
    /// </summary>
    public static Value Repeated(GraphBuilder b, Value one, TensorShape shape, SampleLayout samples, bool broadcasts = false)
    {
        var (directions, single) = (one.Type.Shape[0], samples.OfOne(shape));
        if (samples.IsWhole && !broadcasts)
            return Expand.Of(b, Reshape.To(b, one, single.Prepend(directions)), shape.Prepend(directions));
        if (samples.IsWhole || !samples.IsSeparate)
            return Reshape.To(b, one, single.Prepend(directions));
        var all = single.Prepend(samples.SamplesOf(shape)).Prepend(directions);
        return Undo(b, Expand.Of(b, Reshape.To(b, one, single.Prepend(1).Prepend(directions)), all), shape, samples, 1);
    }

    /// <summary>A number for each sample, [K, N], at all entries of the sample, in a shape that broadcasts to [K, *shape].</summary>
    public static Value AlongSamples(GraphBuilder b, Value numbers, TensorShape shape, SampleLayout samples)
    {
        var (lead, ones) = (numbers.Type.Shape[0], TensorShape.Of(Enumerable.Repeat(1L, shape.Rank)));
        if (!samples.IsSeparate)
            return Reshape.To(b, numbers, ones.Prepend(lead));
        if (samples.IsWhole)
            return Reshape.To(b, numbers, ones.With(samples.Axis, numbers.Type.Shape[1]).Prepend(lead));
        // The factors of the axis are distinguished only until they are merged, so the numbers are repeated along it.
        var count = numbers.Type.Shape[1];
        var all = Expand.Of(b, Reshape.To(b, numbers, [lead, 1, count, 1]), [lead, samples.Outer, count, samples.Inner]);
        return Reshape.To(b, all, ones.With(samples.Axis, samples.Outer * count * samples.Inner).Prepend(lead));
    }

    /// <summary>A shape with an axis for each factor of that on which the samples lie.</summary>
    private static TensorShape Factored(TensorShape shape, SampleLayout samples) =>
        [
            .. shape.Range(0, samples.Axis),
            samples.Outer,
            samples.SamplesOf(shape),
            samples.Inner,
            .. shape.Range(samples.Axis + 1, shape.Rank),
        ];

    private static int AxisOf(SampleLayout samples) => samples.IsWhole ? samples.Axis : samples.Axis + 1;
}
