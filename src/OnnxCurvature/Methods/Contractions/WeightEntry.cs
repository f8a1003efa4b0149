using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>The single matrix product that a weight enters through, after nothing but reorderings of its entries.</summary>
/// <param name="Site">Where its diagonal is put together.</param>
/// <param name="Place">Takes the diagonal [G, rows, J] to the shape of the target's result.</param>
public sealed record WeightEntry(ContractionSite Site, Func<Value, Value> Place)
{
    /// <summary>Finds the entry of a path's target, or null where it enters in another way.</summary>
    public static WeightEntry? Find(GraphBuilder b, FactorPath path)
    {
        if (path.Entry(b) is not var (node, input, product))
            return null;
        var (target, weight, x) = (path.Target, node.Inputs[input]!, product.Columns.Type.Shape);
        var column = b.Parameter(node.Output.Type with { Shape = node.Output.Type.Shape.Prepend(1) });
        var outputs = product.Cotangents(b, column).Type.Shape[3];
        var plain = b.Parameter(weight.Type with { Shape = [x[1], outputs, x[2]] });
        var keepsOrder = GraphWalk.Ancestors([product.Weight(b, plain)]).All(other => other.Operator is Reshape);
        // Where the rows that are asked for are outputs of one group, the others are not computed at all.
        var rows = target.IsPart && weight == path.Tangent.Inputs[0] && keepsOrder && outputs == target.Value.Type.Shape[0];
        var site = new ContractionSite(path, node.Output, product, outputs, rows ? (target.Start, target.End) : null);
        return new WeightEntry(site, diagonal =>
        {
            if (rows)
                return Reshape.To(b, diagonal, target.ResultType.Shape);
            // From the order of the product's weight back to the target's own.
            var whole = new LinearProgram(path.Tangent.Inputs, [weight]).Transpose(b, [product.Weight(b, diagonal)])[0]!;
            return Reshape.To(b, target.IsPart ? Slice.Of(b, whole, 0, target.Start, target.End) : whole, target.ResultType.Shape);
        });
    }
}
