using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>
/// Reshapes of reshapes, transpositions of transpositions, and gathered rows of gathered rows, as one; no gathering of all that there is,
/// in order.
/// </summary>
internal static class Rearrangements
{
    /// <summary>
    /// What a node on <paramref name="inputs"/> can be instead: a node of the same operator on what comes before its input, of which the
    /// inputs and attributes are given, or a value that is there already; null for others.
    /// </summary>
    /// <param name="b">Where constants are built.</param>
    /// <param name="add">Adds the node that makes a value to the program, and gives what became of the value.</param>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Its inputs.</param>
    public static (Value? Same, ImmutableArray<Value?> Inputs, Attributes Attributes)? Of(
        GraphBuilder b,
        Func<Value, Value> add,
        Node node,
        ImmutableArray<Value?> inputs
    )
    {
        if (
            node.Operator is Gather
            && inputs is [{ } whole, { IsWeight: false, Constant: InlineConstant indices }]
            && IsAll(indices.Read(), whole.Type.Shape[Axes.Normalize(node.Attributes.Int("axis", 0), whole.Type.Rank)])
        )
            return (whole, inputs, node.Attributes);
        if (
            node.Operator is Gather
            && IsOfRows(node)
            && inputs is [{ Producer: { Operator: Gather, Inputs: [{ } from, { Type.Rank: 1 } rows] } gathered }, { } chosen]
            && IsOfRows(gathered)
        )
            return (null, [from, add(Gather.Of(new GraphBuilder(b), rows, chosen, 0))], node.Attributes);
        if (
            inputs is not [{ } x, ..]
            || node.Operator is not (Reshape or TransposeAxes)
            || x.Producer is not { } before
            || before.Operator != node.Operator
        )
            return null;
        var source = before.Inputs[0]!;
        if (node.Operator is TransposeAxes)
        {
            var (first, second) = (TransposeAxes.Permutation(before), TransposeAxes.Permutation(node));
            long[] both = [.. second.Select(axis => (long)first[axis])];
            return (both.Select((from, to) => from == to).All(same => same) ? source : null, [source], Attributes.Empty.With("perm", both));
        }
        var shape = node.Output.Type.Shape;
        if (source.Type.Shape == shape)
            return (source, inputs, node.Attributes);
        // A size of zero would be copied from what is reshaped.
        return shape.Any(dim => dim.Known == 0) || shape.Count(dim => !dim.IsKnown) > 1
            ? null
            : (null, [source, b.Vector([.. shape.Select(dim => dim.Known ?? -1)])], Attributes.Empty);
    }

    private static bool IsOfRows(Node gather) => Axes.Normalize(gather.Attributes.Int("axis", 0), gather.Inputs[0]!.Type.Rank) == 0;

    private static bool IsAll(Tensor indices, Dim size) =>
        size.Known == indices.Count && indices.Rank == 1 && indices.Integers.Index().All(entry => entry.Index == entry.Item);
}
