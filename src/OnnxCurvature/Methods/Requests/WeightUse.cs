using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Requests;

/// <summary>A node of the model that computes with a weight.</summary>
/// <param name="Node">Its name in the file, or that of its first output where it has none.</param>
/// <param name="OperatorName">Its operator, as ONNX names it.</param>
/// <param name="Axes">The axes of the weight that count channels; null where the weight is no kernel and no matrix.</param>
internal sealed record WeightUse(string Node, string OperatorName, KernelAxes? Axes)
{
    /// <summary>The other factor of the node, where the weight is a kernel or a matrix; else null.</summary>
    internal Value? Factor { get; init; }

    /// <summary>
    /// The nodes that use each weight, in the order of the graph. A node that only hands the weight's entries on, as Transpose does, is
    /// passed by.
    /// </summary>
    internal static IReadOnlyDictionary<Value, ImmutableArray<WeightUse>> Of(ModelGraph model)
    {
        var weights = model.Weights.ToHashSet();
        var uses = weights.ToDictionary(weight => weight, _ => ImmutableArray.CreateBuilder<WeightUse>());
        // The values that a weight becomes before it is used, with the nodes between, the last first.
        var derived = new Dictionary<Value, (Value Weight, ImmutableArray<Node> Nodes)>();
        foreach (var weight in weights)
            derived[weight] = (weight, []);
        foreach (var node in GraphWalk.Ancestors(model.Outputs.Select(output => output.Value)))
        foreach (var (index, input) in node.Inputs.Index())
        {
            if (input is null || !derived.TryGetValue(input, out var source))
                continue;
            if (node.Operator is Operator rules && rules.RoleOf(node, index) == ConstantRole.Forwarded)
                derived[node.Output] = (source.Weight, source.Nodes.Insert(0, node));
            else
                uses[source.Weight].Add(Of(node, index, source.Nodes));
        }
        return uses.ToDictionary(entry => entry.Key, entry => entry.Value.ToImmutable());
    }

    /// <summary>The names of the nodes that use each weight, by the weight's name; of a weight that no node uses there is none.</summary>
    internal static IReadOnlyDictionary<string, string> NodesByWeight(ModelGraph model) =>
        Of(model)
            .Where(entry => entry.Value.Length > 0)
            .ToDictionary(
                entry => entry.Key.Name!,
                entry => string.Join(", ", entry.Value.Select(use => use.Node).Distinct(StringComparer.Ordinal)),
                StringComparer.Ordinal
            );

    private static WeightUse Of(Node node, int input, ImmutableArray<Node> between)
    {
        var axes = InWeight(node, input, between);
        return new WeightUse(NameOf(node), node.Operator.Name, axes) { Factor = axes is null ? null : node.Input(1 - input) };
    }

    private static KernelAxes? InWeight(Node node, int input, ImmutableArray<Node> between)
    {
        if ((node.Operator as Operator)?.KernelAxesOf(node, input) is not { } axes)
            return null;
        foreach (var before in between)
        {
            if (before.Rules().KernelAxesBefore(before, axes) is not { } earlier)
                return null;
            axes = earlier;
        }
        return axes;
    }

    private static string NameOf(Node node) => node.Name is { Length: > 0 } name ? name : node.Output.Name ?? node.Operator.Name;
}
