using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>Reshapes of reshapes and transpositions of transpositions as one; no gathering of all that there is, in order.</summary>
internal static class Rearrangements
{
    /// <summary>
    /// What a node on <paramref name="inputs"/> can be instead: a node of the same operator on what comes before its input, of which the inputs and attributes are given, or a
    /// value that is there already; null for others.
    /// </summary>
    public static (Value? Same, ImmutableArray<Value?> Inputs, Attributes Attributes)? Of(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (node.Operator is Gather && inputs is [{ } whole, { Constant: InlineConstant indices }] && IsAll(indices.Read(), whole.Type.Shape[Axes.Normalize(node.Attributes.Int("axis", 0), whole.Type.Rank)]))
            return (whole, inputs, node.Attributes);
        if (inputs is not [{ } x, ..] || node.Operator is not (Reshape or TransposeAxes) || x.Producer is not { } before || before.Operator != node.Operator)
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

    private static bool IsAll(Tensor indices, Dim size) => size.Known == indices.Count && indices.Rank == 1 && indices.Integers.Index().All(entry => entry.Index == entry.Item);
}
