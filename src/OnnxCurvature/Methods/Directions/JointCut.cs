using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>Several values that together all influence of a target on the loss passes, with nothing curved before them.</summary>
/// <param name="Values">The values, in the order of the graph. One may be upstream of another.</param>
/// <param name="Samples">How the samples lie in each; none where they are not distinguished.</param>
/// <param name="Joined">Their entries side by side: [N, E], or [1, E] where samples are not distinguished.</param>
/// <param name="Before">The nodes between the target and them.</param>
internal sealed record JointCut(
    ImmutableArray<Value> Values,
    ImmutableArray<SampleLayout> Samples,
    Value Joined,
    ImmutableArray<Node> Before
)
{
    /// <summary>Joins values. Their sizes must be known but for that of a samples' axis.</summary>
    public static JointCut Of(GraphBuilder b, Value target, ImmutableArray<Value> values, ImmutableArray<SampleLayout> samples) =>
        new(
            values,
            samples,
            Concat.Of(b, [.. values.Select((value, index) => Flat(b, value, samples[index], 0))], 1),
            GraphWalk.Between(new HashSet<Value> { target }, values)
        );

    /// <summary>The entries of each sample of a value side by side, [N, e], or with leading axes before these: [K, N, e].</summary>
    public static Value Flat(GraphBuilder b, Value value, SampleLayout samples, int leading)
    {
        var first = samples.IsSeparate ? SamplesFirst.Of(b, value, samples, leading) : Reshape.InsertAxis(b, value, leading);
        var shape = first.Type.Shape;
        return Reshape.To(b, first, [.. shape.Range(0, leading + 1), shape.Product(leading + 1, shape.Rank)]);
    }

    /// <summary>The inverse of <see cref="Flat"/> for one leading axis: [K, N, e] to [K, *value].</summary>
    public static Value Unflat(GraphBuilder b, Value flat, Value value, SampleLayout samples) =>
        samples.IsSeparate
            ? SamplesFirst.Undo(b, flat, value.Type.Shape, samples, 1)
            : Reshape.To(b, flat, value.Type.Shape.Prepend(flat.Type.Shape[0]));
}
