using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>Separates the weights of a model from the other floating-point constants, by how operators use them.</summary>
internal static class ConstantRoles
{
    /// <summary>
    /// Those of <paramref name="constants"/> that a node of <paramref name="nodes"/>, or of one of their bodies, uses as a weight. What
    /// nothing uses is a weight where it has several elements. Of a number that may be a weight or a part of a formula,
    /// <paramref name="isParameter"/> decides.
    /// </summary>
    public static ImmutableArray<Value> Weights(IEnumerable<Value> constants, ImmutableArray<Node> nodes, Predicate<Value> isParameter)
    {
        var used = new HashSet<Value>();
        var weights = new HashSet<Value>();
        var numbers = new HashSet<Value>();
        Visit(nodes);
        return [.. constants.Where(IsWeight)];

        bool IsWeight(Value value) =>
            used.Contains(value)
                ? weights.Contains(value) || numbers.Contains(value) && isParameter(value)
                : !value.Type.Shape.Elements.IsOne;

        // The nodes that take a value come after the one that computes it.
        void Visit(ImmutableArray<Node> inOrder)
        {
            foreach (var node in inOrder.Reverse())
            {
                foreach (var body in node.Bodies)
                    Visit(body.Nodes);
                foreach (var (index, input) in node.Inputs.Index())
                    if (input is not null && input.Type.Element.IsFloat())
                        Use(node, index, input);
            }
        }

        void Use(Node node, int index, Value input)
        {
            used.Add(input);
            var role = node.Operator is Operator known ? known.RoleOf(node, index) : ConstantRole.Weight;
            if (role == ConstantRole.Weight || role == ConstantRole.Forwarded && weights.Contains(node.Output))
                weights.Add(input);
            if (role == ConstantRole.Number || role == ConstantRole.Forwarded && numbers.Contains(node.Output))
                numbers.Add(input);
        }
    }
}
