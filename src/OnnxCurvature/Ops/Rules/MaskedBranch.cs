using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Rules;

/// <summary>
/// The tangent of a branch of Where. An entry that is not chosen may be infinite or no number, as 1/x is at zero where a mask leaves
/// zeros out; so may its slope, and the product of that and the zero that passes the mask would be no number. So the branch is
/// linearized at inputs that are replaced by harmless ones where it is not chosen.
/// </summary>
internal static class MaskedBranch
{
    /// <summary>The most nodes before a mask that are looked at: a mask stands close to what it masks.</summary>
    private const int MostNodes = 32;

    /// <summary>The tangents of the inputs of a node; those of the branches of a Where are as above, and all others as they are.</summary>
    /// <param name="b">Where nodes are built.</param>
    /// <param name="node">The node.</param>
    /// <param name="dx">The tangents of its inputs.</param>
    /// <param name="tangents">The tangents so far.</param>
    /// <param name="passed">The nodes that have been linearized.</param>
    public static ImmutableArray<Value?> Tangents(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> dx,
        IDictionary<Value, Value> tangents,
        IReadOnlySet<Node> passed
    )
    {
        return node.Operator is Where ? [null, Branch(1), Branch(2)] : dx;

        Value? Branch(int input) =>
            dx[input] is { } tangent
                ? Tangent(b, node.Inputs[0]!, isChosen: input == 1, node.Inputs[input]!, tangents, passed) ?? tangent
                : null;
    }

    private static Value? Tangent(
        GraphBuilder b,
        Value condition,
        bool isChosen,
        Value branch,
        IDictionary<Value, Value> tangents,
        IReadOnlySet<Node> passed
    )
    {
        var mask = condition.Type.Shape;
        var nodes = Before(branch, mask, passed);
        if (!nodes.Any(node => node.Inputs.Where((_, index) => Replacement(node, index, mask) is not null).Any()))
            return null;
        var values = new Dictionary<Value, Value>();
        var local = new Dictionary<Value, Value?>();
        foreach (var node in nodes)
        {
            var inputs = node
                .Inputs.Select(
                    (input, index) => input is null ? null : Masked(values.GetValueOrDefault(input, input), Replacement(node, index, mask))
                )
                .ToImmutableArray();
            var replaced = inputs.SequenceEqual(node.Inputs)
                ? node
                : node.Rules().Apply(b, inputs, node.Attributes, node.Outputs.Length, [.. node.Outputs.Select(output => output.Type)]);
            ImmutableArray<Value?> dx =
            [
                .. node.Inputs.Select(input =>
                    input is null ? null
                    : local.TryGetValue(input, out var own) ? own
                    : tangents.TryGetValue(input, out var tangent) ? tangent
                    : null
                ),
            ];
            values[node.Output] = replaced.Output;
            local[node.Output] = node.Rules().Linearize(b, replaced, dx)[0];
        }
        return local[branch];

        Value Masked(Value input, double? number)
        {
            if (number is not { } harmless)
                return input;
            var other = b.Scalar(input.Type.Element, harmless);
            return isChosen ? Where.Of(b, condition, input, other) : Where.Of(b, condition, other, input);
        }
    }

    /// <summary>The nodes before a branch, in order, whose outputs are masked entry by entry when the branch is.</summary>
    private static List<Node> Before(Value branch, TensorShape mask, IReadOnlySet<Node> passed)
    {
        var found = new HashSet<Node>();
        var pending = new Queue<Value>([branch]);
        while (found.Count < MostNodes && pending.TryDequeue(out var value))
            if (
                value.Producer is { Operator: Operator rules } node
                && passed.Contains(node)
                && !found.Contains(node)
                && Covers(mask, value.Type.Shape)
                && rules.KeepsMask(node, mask)
            )
            {
                found.Add(node);
                foreach (var input in node.Inputs)
                    if (input is not null)
                        pending.Enqueue(input);
            }
        return [.. found.OrderBy(node => node.Id)];
    }

    private static double? Replacement(Node node, int input, TensorShape mask) =>
        node.Inputs[input] is { } value && Covers(mask, value.Type.Shape) ? node.Rules().HarmlessInput(node, input) : null;

    /// <summary>Whether a mask says of every entry of a value whether it counts.</summary>
    private static bool Covers(TensorShape mask, TensorShape shape) => TensorShape.Broadcast(mask, shape) == shape;
}
