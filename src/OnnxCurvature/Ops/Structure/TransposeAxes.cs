using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>ONNX's Transpose: the axes of x in another order: axis i of y is axis <c>perm[i]</c> of x.</summary>
internal sealed class TransposeAxes : LinearOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override string Name => "Transpose";

    /// <summary>The axes of a value in another order; the value itself where nothing moves.</summary>
    public static Value Of(GraphBuilder b, Value x, params IEnumerable<int> permutation)
    {
        var perm = permutation.ToArray();
        if (perm.Select((from, to) => from == to).All(same => same))
            return x;
        return Catalogue.Get<TransposeAxes>().Apply(b, [x], Attributes.Empty.With("perm", perm.Select(axis => (long)axis))).Output;
    }

    /// <summary>A value with its last two axes exchanged.</summary>
    public static Value Last(GraphBuilder b, Value x)
    {
        var rank = x.Type.Rank;
        return Of(b, x, Enumerable.Range(0, rank).Select(axis => axis < rank - 2 ? axis : 2 * rank - 3 - axis));
    }

    /// <summary>A value with one axis moved to another place, the others staying in order.</summary>
    public static Value Move(GraphBuilder b, Value x, int from, int to)
    {
        var axes = Enumerable.Range(0, x.Type.Rank).ToList();
        axes.RemoveAt(from);
        axes.Insert(to, from);
        return Of(b, x, axes);
    }

    /// <inheritdoc/>
    public override KernelAxes? KernelAxesBefore(Node node, KernelAxes axes) =>
        axes with
        {
            Output = Permutation(node)[axes.Output],
            Input = Permutation(node)[axes.Input],
        };

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var perm = Permutation(call.Attributes, x.Rank);
        if (perm.Length != x.Rank || perm.Order().Where((axis, index) => axis != index).Any())
            throw new UnsupportedOperatorException($"perm [{string.Join(",", perm)}] does not order the axes of {x.Shape}.");
        return [x with { Shape = [.. perm.Select(axis => x.Shape[axis])] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var perm = Permutation(node.Attributes, x.Rank);
        var strides = Strided.Strides(x.Shape.AsSpan());
        long[] shape = [.. perm.Select(axis => x.Shape[axis])];
        return [x.Gather(shape, Strided.Positions(shape, [.. perm.Select(axis => strides[axis])]))];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var perm = Permutation(node);
        return Of(b, cy[0]!, Enumerable.Range(0, perm.Length).Select(axis => Array.IndexOf(perm, axis)));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Of(b, inputs[0]!, Permutation(node).Select(axis => axis + 1).Prepend(0))];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [SampleLayout.At(Array.IndexOf(Permutation(node), inputs[0].Axis))];

    /// <summary>Two transpositions are one, or none where they undo each other, also where a Reshape between them splits axes.</summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (inputs[0]!.Producer is { Operator: Reshape, Inputs: [{ Producer: { Operator: TransposeAxes } whole }, ..] } split)
            return SplitBefore(b, whole, split, node, inputs);
        if (inputs[0]!.Producer is not { Operator: TransposeAxes } before)
            return null;
        var (first, second) = (Permutation(before), Permutation(node));
        return Simpler(before.Inputs[0]!, [.. second.Select(axis => (long)first[axis])], node, inputs);
    }

    /// <summary>
    /// One transposition of x with its axes split, in place of one before and one after the Reshape that splits them; null where that
    /// does anything else.
    /// </summary>
    private static SimplerNode? SplitBefore(GraphBuilder b, Node whole, Node split, Node node, ImmutableArray<Value?> inputs)
    {
        var (shape, perm) = (split.Output.Type.Shape, Permutation(whole));
        if (
            Parts(whole.Output.Type.Shape, shape) is not { } parts
            || shape.Count(dim => !dim.IsKnown) > 1
            || shape.Any(dim => dim.Known == 0)
        )
            return null;
        // The axes of the Reshape's output, in the order in which x has those that they are parts of.
        int[] order = [.. Enumerable.Range(0, perm.Length).SelectMany(axis => parts[Array.IndexOf(perm, axis)])];
        var x = Reshape.To(b, whole.Inputs[0]!, [.. order.Select(axis => shape[axis])]);
        long[] both = [.. Permutation(node).Select(axis => (long)Array.IndexOf(order, axis))];
        return Simpler(x, both, node, inputs);
    }

    private static SimplerNode Simpler(Value x, long[] perm, Node node, ImmutableArray<Value?> inputs) =>
        perm.Index().All(entry => entry.Index == entry.Item)
            ? new SimplerNode(x, inputs, node.Attributes)
            : new SimplerNode(null, [x], Attributes.Empty.With("perm", perm));

    /// <summary>For each axis of a shape the axes that a Reshape splits it into; null where it does not only split axes.</summary>
    private static int[][]? Parts(TensorShape whole, TensorShape split)
    {
        var (parts, next) = (new int[whole.Rank][], 0);
        for (var axis = 0; axis < whole.Rank; axis++)
        {
            var (first, product) = (next, (Dim)1);
            do
            {
                if (next == split.Rank)
                    return null;
                product *= split[next++];
            } while (product != whole[axis]);
            parts[axis] = [.. Enumerable.Range(first, next - first)];
        }
        return next == split.Rank ? parts : null;
    }

    /// <summary>For each axis of a node's output the axis of its input.</summary>
    internal static int[] Permutation(Node node) => Permutation(node.Attributes, node.Output.Type.Rank);

    private static int[] Permutation(Attributes attributes, int rank) =>
        attributes.Ints("perm") is { } perm ? [.. perm.Select(axis => (int)axis)] : [.. Enumerable.Range(0, rank).Reverse()];

    /// <inheritdoc/>
    public override bool Rearranges => true;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 21;

    /// <summary>Of what it reads or writes, one lies in pieces.</summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) => new(Traffic: 2);

    /// <inheritdoc/>
    public override ImmutableArray<int>? PermutationOf(Node node) => [.. Permutation(node)];
}
