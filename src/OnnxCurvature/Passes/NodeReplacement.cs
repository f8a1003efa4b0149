using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>The outputs of nodes that stand for a node, which are built in a builder; null where it stays.</summary>
/// <param name="b">Where the nodes are built.</param>
/// <param name="node">The node, as it was.</param>
/// <param name="inputs">Its inputs, as they have become.</param>
internal delegate ImmutableArray<Value?>? ReplacementRule(GraphBuilder b, Node node, ImmutableArray<Value?> inputs);

/// <summary>
/// Rebuilds a program and the bodies in it. A rule replaces nodes by others, which are replaced in turn until the rule leaves them as
/// they are.
/// </summary>
internal sealed class NodeReplacement
{
    private readonly ReplacementRule _rule;
    private readonly GraphBuilder _builder;
    private readonly Dictionary<Value, Value> _map;

    private NodeReplacement(ReplacementRule rule, NodeReplacement? outer)
    {
        (_rule, _builder, _map) = (rule, new GraphBuilder(outer?._builder), outer?._map ?? []);
    }

    /// <summary>The program with its nodes replaced; the same one where all of them stay.</summary>
    public static Program Run(Program program, ReplacementRule rule) =>
        Replaces(program, rule, null) ? new NodeReplacement(rule, null).Of(program) : program;

    /// <summary>Whether a rule replaces any node. Most programs stay as they are, and it takes much longer to rebuild them.</summary>
    private static bool Replaces(Program program, ReplacementRule rule, GraphBuilder? outer)
    {
        var b = new GraphBuilder(outer);
        foreach (var parameter in program.Parameters)
            b.Recognize(parameter);
        foreach (var node in program.Nodes)
        {
            if (rule(new GraphBuilder(b) { Origin = NodeOrigin.Of(node) }, node, node.Inputs) is not null)
                return true;
            foreach (var body in node.Bodies)
                if (Replaces(body, rule, b))
                    return true;
            foreach (var output in node.Outputs)
                b.Recognize(output);
        }
        return false;
    }

    /// <summary>A node as messages name it: by its operator, and by the node of the model that it is there for.</summary>
    public static string Named(Node node) => node.Origin is { } origin ? $"{node.Operator.Name} (of {origin})" : node.ToString();

    private Program Of(Program program)
    {
        foreach (var parameter in program.Parameters)
            _builder.Recognize(parameter);
        foreach (var node in program.Nodes)
            Add(node, output => output.Name);
        var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Mapped(output.Value)));
        return Program.Create(program.Parameters, outputs, _builder);
    }

    private void Add(Node node, Func<Value, string?> nameOf)
    {
        ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
        if (Replace(node, inputs, nameOf))
            return;
        var attributes = node.Attributes;
        foreach (var (name, value) in node.Attributes.Items)
            if (value is Program body)
            {
                var inner = new NodeReplacement(_rule, this);
                attributes = attributes.With(name, inner.Of(body));
            }
        if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
            inputs = op.WithCaptures(inputs, attributes);
        using var origin = _builder.For(node.Origin);
        NodeCopies.AppendTo(_builder, node, inputs, attributes, _map, nameOf);
    }

    private bool Replace(Node node, ImmutableArray<Value?> inputs, Func<Value, string?> nameOf)
    {
        var b = new GraphBuilder(_builder) { Origin = NodeOrigin.Of(node) };
        if (_rule(b, node, inputs) is not { } outputs)
            return false;
        var names = new Dictionary<Value, string?>();
        for (var index = 0; index < node.Outputs.Length; index++)
            if (outputs[index] is { } output)
                names.TryAdd(output, nameOf(node.Outputs[index]));
        foreach (var part in GraphWalk.Ancestors(names.Keys, scope: b))
            Add(part, names.GetValueOrDefault);
        for (var index = 0; index < node.Outputs.Length; index++)
            if (outputs[index] is { } output)
                _map[node.Outputs[index]] = Mapped(output);
        return true;
    }

    private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);
}
