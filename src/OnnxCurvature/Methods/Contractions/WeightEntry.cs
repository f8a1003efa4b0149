using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>The single matrix product that a weight enters through, after nothing but reorderings of its entries.</summary>
/// <param name="Site">Where its diagonal is put together.</param>
/// <param name="Place">Takes the diagonal [G, rows, J] to the shape of the target's result.</param>
internal sealed record WeightEntry(ContractionSite Site, Func<Value, Value> Place)
{
    /// <summary>
    /// The number of rows of one group of a product, whether these are the indices of the weight's first axis, and whether they are those
    /// of the output's second axis, with the positions after it: [N, O, positions…]. Where there are as many positions as rows, only the
    /// order of entries says.
    /// </summary>
    public static (Dim Outputs, bool Aligned, bool ComeFirst) RowsOf(
        GraphBuilder b,
        TensorType weight,
        TensorType output,
        UnfoldedProduct product
    )
    {
        var x = product.Unfolded.Type.Shape;
        var direction = b.Parameter(output with { Shape = output.Shape.Prepend(1) });
        var cotangents = product.Cotangents(b, direction);
        var outputs = cotangents.Type.Shape[3];
        var plain = b.Parameter(weight with { Shape = [x[1], outputs, x[2]] });
        return (
            outputs,
            outputs == weight.Shape[0] && IsReshaped(product.Weight(b, plain), plain),
            x[1].IsOne
                && output.Shape.Rank > 1
                && output.Shape[1] == outputs
                && output.Shape.Product(2, output.Shape.Rank) == x[3]
                && IsReshaped(cotangents, direction)
        );
    }

    /// <summary>Whether a value holds the entries of another in the same order.</summary>
    private static bool IsReshaped(Value value, Value of)
    {
        while (value != of && value.Producer is { } node && node.Rules().IsView)
            value = node.Inputs[0]!;
        return value == of;
    }

    /// <summary>Finds the entry of a path's target, or null where it enters in another way.</summary>
    public static WeightEntry? Find(GraphBuilder b, TargetPath path)
    {
        if (path.Entry(b) is not var (node, input, product))
            return null;
        var (target, weight) = (path.Target, node.Inputs[input]!);
        var (outputs, aligned, first) = RowsOf(b, weight.Type, node.Output.Type, product);
        // Where the rows that are asked for are outputs of one group, the others are not computed at all.
        var rows = target.IsPart && weight == path.Tangent.Inputs[0] && aligned;
        var site = new ContractionSite(path, node.Output, product, outputs, rows ? (target.Start, target.End) : null, first);
        return new WeightEntry(
            site,
            diagonal =>
            {
                if (rows)
                    return Reshape.To(b, diagonal, target.ResultType.Shape);
                // From the order of the product's weight back to the target's own.
                var whole = new LinearProgram(path.Tangent.Inputs, [weight]).Transpose(b, [product.Weight(b, diagonal)])[0]!;
                return Reshape.To(b, target.RowsOf(b, whole), target.ResultType.Shape);
            }
        );
    }
}
