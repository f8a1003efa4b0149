using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Paths;

/// <summary>The one matrix product that a target enters as a weight, after nothing but rearrangements of its entries.</summary>
/// <param name="Node">The node of the product.</param>
/// <param name="Input">Which input of the node is the weight.</param>
/// <param name="Product">The product.</param>
internal sealed record ProductEntry(Node Node, int Input, UnfoldedProduct Product)
{
    /// <summary>Finds the entry; null where a target enters in another way, or more than once.</summary>
    /// <param name="b">Where the product's input is built.</param>
    /// <param name="nodes">The nodes between the target and the loss.</param>
    /// <param name="target">The target, or its tangent.</param>
    /// <param name="layoutOf">Where samples lie in a value.</param>
    /// <param name="isSingle">Whether all is one sample.</param>
    public static ProductEntry? Of(
        GraphBuilder b,
        IReadOnlyCollection<Node> nodes,
        Value target,
        Func<Value, SampleLayout> layoutOf,
        bool isSingle
    )
    {
        var at = target;
        while (true)
        {
            var users = nodes.Where(node => node.Inputs.Contains(at)).ToArray();
            if (users is not [var user] || user.Inputs.Count(input => input == at) != 1)
                return null;
            if (!user.Rules().Rearranges)
                return Through(b, user, user.Inputs.IndexOf(at), layoutOf, isSingle);
            at = user.Output;
        }
    }

    /// <summary>The axis of samples of the product must be the model's: of a single sample there may be several rows.</summary>
    private static ProductEntry? Through(GraphBuilder b, Node node, int input, Func<Value, SampleLayout> layoutOf, bool isSingle) =>
        layoutOf(node.Inputs[input]!).IsNone
        && (isSingle || layoutOf(node.Output) == SampleLayout.At(0))
        && node.Rules().Unfold(b, node, input) is { } product
        && product.Unfolded.Type.Shape[0] == (isSingle ? 1 : node.Output.Type.Shape[0])
            ? new ProductEntry(node, input, product)
            : null;
}
