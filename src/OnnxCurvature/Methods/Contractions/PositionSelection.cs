using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Elementwise nodes and a max pooling right after a product let δ differ from zero only at the argmax positions of the pooling. The
/// product can then be contracted over the Q outputs of the pooling in place of its P positions.
/// </summary>
/// <param name="Pool">The pooling.</param>
/// <param name="Tangent">The tangent of the pooling's output [N, O, …], Q positions in all.</param>
/// <param name="ArgmaxPositions">The position in the product's output that each output of the pooling took, [N, O, Q].</param>
/// <param name="Slopes">The derivative of the elementwise nodes at the argmax positions, [N, O, Q]; null where there are none.</param>
internal sealed record PositionSelection(Node Pool, Value Tangent, Value ArgmaxPositions, Value? Slopes)
{
    /// <summary>Q, the outputs of the pooling.</summary>
    public Dim Positions => ArgmaxPositions.Type.Shape[2];

    /// <summary>Directions [K, *z] pulled back to the pooling's output, [K, N, O, …].</summary>
    public Value Pull(ChunkLoop chunkLoop, ContractionSite site, Value directions) =>
        site.Path.Pull(chunkLoop.Outer, chunkLoop.Body, Tangent, site.Path.Tangent.Outputs[0]!, directions);

    /// <summary>The argmax positions [N, O, Q] as positions that count through all samples.</summary>
    public Value OfAllSamples(GraphBuilder outer, ContractionSite site)
    {
        var samples = site.Path.Samples;
        if (samples.IsOne)
            return ArgmaxPositions;
        var zero = outer.Scalar(ElementType.Int64, 0);
        var count = Reshape.To(outer, Dims.ToValue(outer, samples), TensorShape.Scalar);
        var numbers = Catalogue
            .Get<Ops.Structure.Range>()
            .Apply(outer, [zero, count, outer.Scalar(ElementType.Int64, 1)], types: [new TensorType(ElementType.Int64, [samples])])
            .Output;
        var offsets = Mul.Of(outer, numbers, outer.Scalar(ElementType.Int64, site.Positions.Factor));
        return Add.Of(outer, ArgmaxPositions, Reshape.To(outer, offsets, [samples, 1, 1]));
    }

    /// <summary>Rows of X, [*, J], at positions [*] that count through all samples.</summary>
    /// <param name="outer">Where X is laid out, once.</param>
    /// <param name="b">Where the rows are taken.</param>
    /// <param name="site">The site.</param>
    /// <param name="positions">The positions.</param>
    public static Value RowsOfX(GraphBuilder outer, GraphBuilder b, ContractionSite site, Value positions)
    {
        var x = TransposeAxes.Last(outer, site.Product.Unfolded);
        return Gather.Of(b, Reshape.To(outer, x, [site.Path.Samples * site.Positions, site.Inner]), positions, 0);
    }

    /// <summary>Finds the selection after a product [N, O, spatial…], or null where other nodes follow it.</summary>
    public static PositionSelection? After(GraphBuilder b, ContractionSite site)
    {
        var path = site.Path;
        var at = path.Tangents.FirstOrDefault(entry => entry.Value == site.Entry && entry.Key.Producer is not null).Key;
        if (at is null || at.Type.Rank < 3 || !site.RowsComeFirst)
            return null;
        var first = at;
        while (true)
        {
            var users = path.Nodes.Where(node => node.Inputs.Contains(at)).ToArray();
            if (users is not [var user] || user.Outputs[0].Type.Rank != at.Type.Rank)
                return null;
            if (user.Inputs.IndexOf(at) == 0 && user.Rules().ArgmaxPositions(b, user) is { } positions)
            {
                var shape = user.Output.Type.Shape;
                TensorShape flat = [shape[0], shape[1], shape.Product(2, shape.Rank)];
                var argmax = Reshape.To(b, positions, flat);
                return new PositionSelection(user, OnPath(path.Tangents[user.Output]), argmax, SlopesAt(b, path, first, at, argmax));
            }
            if (!IsElementwise(user, at))
                return null;
            at = user.Output;
        }
    }

    /// <summary>
    /// A reshape that follows another takes its input from before it, so the value before a reshape is the one that the rest depends on.
    /// </summary>
    private static Value OnPath(Value tangent) => tangent.Producer is { } node && node.Rules().IsView ? node.Inputs[0]! : tangent;

    private static bool IsElementwise(Node node, Value x) =>
        node.Output.Type.Shape == x.Type.Shape
        && node.Inputs.Count(input => input == x) == 1
        && node.Rules().IsElementwise(node, node.Inputs.IndexOf(x));

    /// <summary>The image of ones under the tangents of the elementwise nodes, which is their slope, at the argmax positions.</summary>
    private static Value? SlopesAt(GraphBuilder b, TargetPath path, Value first, Value last, Value argmax)
    {
        if (first == last)
            return null;
        var (from, to) = (path.Tangents[first], path.Tangents[last]);
        var slope = b.Substitute(
            [to],
            new Dictionary<Value, Value> { [from] = Expand.Of(b, b.Scalar(from.Type.Element, 1), from.Type.Shape) }
        )[0];
        var shape = to.Type.Shape;
        var flat = Reshape.To(b, slope, [shape[0], shape[1], shape.Product(2, shape.Rank)]);
        return GatherElements.Of(b, flat, argmax, 2);
    }
}
