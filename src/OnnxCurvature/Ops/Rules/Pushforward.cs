using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Carries tangents through nodes by their linearization rules.</summary>
internal static class Pushforward
{
    /// <summary>
    /// The tangent of <paramref name="output"/>, which was built from <paramref name="input"/> for the sake of its derivative; null where
    /// it is zero. Throws <see cref="UnsupportedOperatorException"/> where a node between cannot be linearized.
    /// </summary>
    public static Value? Through(GraphBuilder b, Value input, Value tangent, Value output) =>
        Through(b, new Dictionary<Value, Value?> { [input] = tangent }, output);

    /// <summary>The same for several inputs, of which those without a tangent have null.</summary>
    public static Value? Through(GraphBuilder b, IReadOnlyDictionary<Value, Value?> inputs, Value output)
    {
        var tangents = inputs.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value!);
        var refusals = new List<UnsupportedNode>();
        Run(b, GraphWalk.Between(tangents.Keys.ToHashSet(), [output]), tangents, refusals, []);
        return refusals.Count > 0 ? throw new UnsupportedOperatorException(refusals[0].Reason) : tangents.GetValueOrDefault(output);
    }

    /// <summary>
    /// Adds to <paramref name="tangents"/> those of the outputs of <paramref name="nodes"/>, which must be in topological order.
    /// Nodes whose tangents are all zero are passed over. Unsupported nodes are collected in <paramref name="refusals"/>, as are nodes at
    /// which the derivative vanishes in <paramref name="cuts"/>.
    /// </summary>
    public static void Run(
        GraphBuilder b,
        IEnumerable<Node> nodes,
        IDictionary<Value, Value> tangents,
        ICollection<UnsupportedNode> refusals,
        ICollection<Node> cuts
    )
    {
        var passed = new HashSet<Node>();
        foreach (var node in nodes)
        {
            Value?[] dx =
            [
                .. node.Inputs.Select(input => input is not null && tangents.TryGetValue(input, out var tangent) ? tangent : null),
            ];
            var captures = IBodyOperator.HidesCaptures(node) && node.Bodies.SelectMany(GraphWalk.Captures).Any(tangents.ContainsKey);
            if (!captures && dx.All(tangent => tangent is null))
                continue;
            using var origin = b.For(NodeOrigin.Of(node));
            try
            {
                if (captures)
                    throw new UnsupportedOperatorException("the derivative of values that a body captures is not supported.");
                var dy = node.Rules().Linearize(b, node, MaskedBranch.Tangents(b, node, [.. dx], tangents, passed));
                passed.Add(node);
                if (dy.All(tangent => tangent is null))
                    cuts.Add(node);
                for (var index = 0; index < dy.Length; index++)
                    if (dy[index] is { } tangent)
                        tangents[node.Outputs[index]] = tangent;
            }
            catch (UnsupportedOperatorException exception)
            {
                refusals.Add(new UnsupportedNode(node, exception.Message));
            }
            catch (Exception exception) when (NodeTrace.Note(exception, () => NodeOrigin.Of(node).Text))
            {
                throw;
            }
        }
    }
}
