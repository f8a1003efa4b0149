using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program without what it does not need: nodes of small constants that are no weights are folded, equal nodes become one (one
/// that gives more outputs also serves for those that give fewer), repetitions that broadcasting makes anyway are left out, what a loop's
/// body computes alike in every round moves before the loop, and dead nodes go. Values and names of parameters and outputs stay. Reshapes
/// of reshapes, transpositions of transpositions, and gathered rows of gathered rows, become one.
/// </summary>
internal sealed class Simplifier
{
    private const int FoldedElements = 4096;

    private readonly Simplifier? _outer;
    private readonly GraphBuilder _builder;
    private readonly Dictionary<Value, Value> _map;
    private readonly Dictionary<string, Node> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<object, int> _identities;
    private readonly Dictionary<string, int> _bodies;
    private readonly HashSet<Value> _local = [];
    private readonly bool _stays;

    /// <param name="outer">The program around this body.</param>
    /// <param name="stays">Whether what the body computes stays in it: a branch may do what must not be done where it is not taken.</param>
    private Simplifier(Simplifier? outer, bool stays = false)
    {
        _stays = stays;
        _outer = outer;
        _builder = new GraphBuilder(outer?._builder);
        _map = outer?._map ?? [];
        _identities = outer?._identities ?? new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        _bodies = outer?._bodies ?? new Dictionary<string, int>(StringComparer.Ordinal);
    }

    /// <summary>The simplified program.</summary>
    public static Program Run(Program program) => new Simplifier(null).Rebuild(program);

    private Program Rebuild(Program program)
    {
        _local.UnionWith(program.Parameters);
        var kept = program.Outputs.Select(output => output.Value).ToHashSet();
        var most = MostOutputs(program);
        foreach (var node in program.Nodes)
            Rebuild(node, kept, most);
        var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Mapped(output.Value)));
        return Program.Create(program.Parameters, outputs, _outer is null ? null : _builder);
    }

    /// <summary>For nodes that differ in nothing but the number of outputs, the one with the most.</summary>
    private Dictionary<string, Node> MostOutputs(Program program)
    {
        var most = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (var node in program.Nodes)
            if (node.Outputs.Length > 1)
            {
                var key = Key(node, node.Inputs, node.Attributes);
                if (!most.TryGetValue(key, out var other) || other.Outputs.Length < node.Outputs.Length)
                    most[key] = node;
            }
        return most;
    }

    private void Rebuild(Node node, HashSet<Value> kept, Dictionary<string, Node> most)
    {
        ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
        if (node.Operator is Identity && !kept.Contains(node.Output))
        {
            _map[node.Output] = inputs[0]!;
            return;
        }
        if (node.Operator is BinaryElementwise)
            inputs = WithoutRepetitions(node, inputs);
        if (
            node.Operator is Mul
            && !kept.Contains(node.Output)
            && (Other(inputs, 0) ?? Other(inputs, 1)) is { } factor
            && factor.Type == node.Output.Type
        )
        {
            _map[node.Output] = factor;
            return;
        }
        if (!kept.Contains(node.Output) && Reciprocal(node, inputs) is { } reciprocal)
        {
            _map[node.Output] = reciprocal;
            return;
        }
        var attributes = node.Attributes;
        if (Rearrangements.Of(_builder, Added, node, inputs) is { } merged)
        {
            if (merged.Same is { } same && !kept.Contains(node.Output))
            {
                _map[node.Output] = same;
                return;
            }
            if (merged.Same is null)
                (inputs, attributes) = (merged.Inputs, merged.Attributes);
        }
        if (Fold(node, inputs) || node.Bodies.Any() && RebuildBodies(node, inputs, kept))
            return;
        var key = Key(node, inputs, attributes);
        var home = Home(inputs);
        for (var at = home; at is not null; at = at._outer)
            if (
                at._known.TryGetValue(key, out var equal)
                && equal.Outputs.Length >= node.Outputs.Length
                && !(kept.Contains(node.Output) && equal.Output.Name is not null && node.Output.Name is not null)
            )
            {
                Map(node, equal);
                return;
            }
        var outputs = most.TryGetValue(Key(node, node.Inputs, node.Attributes), out var more) ? more.Outputs : node.Outputs;
        var named = outputs
            .Select((output, index) => (output.Type, index < node.Outputs.Length ? node.Outputs[index].Name : output.Name))
            .ToArray();
        home._builder.Origin = node.Origin;
        var rebuilt = home._builder.Append(node.Operator, inputs, attributes, named, node.Name);
        home._local.UnionWith(rebuilt.Outputs);
        home._known.TryAdd(key, rebuilt);
        Map(node, rebuilt);
    }

    /// <summary>What becomes of a value whose node is not one of the program's.</summary>
    private Value Added(Value value)
    {
        Rebuild(value.Producer!, [], []);
        return Mapped(value);
    }

    /// <summary>The other factor where one is a scalar one.</summary>
    private static Value? Other(ImmutableArray<Value?> factors, int index) => Scalars.Is(factors[index]!, 1) ? factors[1 - index] : null;

    /// <summary>
    /// 1 / y where the one has more axes than y, by an operator of its own: ONNX Runtime takes (1 / y) x for x / y, which has fewer axes.
    /// </summary>
    private Value? Reciprocal(Node node, ImmutableArray<Value?> inputs)
    {
        if (
            node.Operator is not Div
            || inputs is not [{ IsWeight: false, Constant: InlineConstant constant } one, { } divisor]
            || one.Type.Rank <= divisor.Type.Rank
            || !one.Type.Shape.Elements.IsOne
            || !one.Type.Element.IsFloat()
            || constant.Read().Floats[0] != 1
        )
            return null;
        var b = new GraphBuilder(_builder);
        var inverse = Added(Catalogue.Get<Reciprocal>().Apply(b, [divisor]).Output);
        return Added(Reshape.To(b, inverse, node.Output.Type.Shape));
    }

    private bool RebuildBodies(Node node, ImmutableArray<Value?> inputs, HashSet<Value> kept)
    {
        var attributes = node.Attributes;
        foreach (var (name, value) in node.Attributes.Items)
            if (value is Program body)
                attributes = attributes.With(name, new Simplifier(this, node.Operator is If).Rebuild(body));
        if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
            inputs = op.WithCaptures(inputs, attributes);
        var key = Key(node, inputs, attributes);
        for (var at = this; at is not null; at = at._outer)
            if (
                at._known.TryGetValue(key, out var equal)
                && equal.Outputs.Length == node.Outputs.Length
                && !node.Outputs.Any(kept.Contains)
            )
            {
                Map(node, equal);
                return true;
            }
        _builder.Origin = node.Origin;
        var rebuilt = _builder.Append(
            node.Operator,
            inputs,
            attributes,
            [.. node.Outputs.Select(output => (output.Type, output.Name))],
            node.Name
        );
        _local.UnionWith(rebuilt.Outputs);
        _known.TryAdd(key, rebuilt);
        Map(node, rebuilt);
        return true;
    }

    /// <summary>The outermost program that has all inputs.</summary>
    private Simplifier Home(ImmutableArray<Value?> inputs)
    {
        var home = this;
        while (!home._stays && home._outer is { } outer && !inputs.Any(input => input is not null && home._local.Contains(input)))
            home = outer;
        return home;
    }

    /// <summary>An elementwise node need not take a value repeated when its other input repeats it by broadcasting.</summary>
    private static ImmutableArray<Value?> WithoutRepetitions(Node node, ImmutableArray<Value?> inputs)
    {
        for (var index = 0; index < inputs.Length; index++)
        {
            if (inputs[index]?.Producer is not { Operator: Expand } expand)
                continue;
            var shorter = inputs.SetItem(index, expand.Inputs[0]);
            var shape = TensorShape.Scalar;
            foreach (var input in shorter)
                shape = TensorShape.Broadcast(shape, input!.Type.Shape) ?? TensorShape.Scalar;
            if (shape == node.Output.Type.Shape)
                inputs = shorter;
        }
        return inputs;
    }

    private bool Fold(Node node, ImmutableArray<Value?> inputs)
    {
        if (
            inputs.IsEmpty
            || node.Bodies.Any()
            || inputs.Any(input => input is not null && !Small(input))
            || node.Outputs.Any(output => !output.Type.Shape.IsKnown || output.Type.Shape.Elements.Factor > FoldedElements)
        )
            return false;
        try
        {
            var outputs = node.Rules().Evaluate(node, [.. inputs.Select(input => input?.Constant!.Read())]);
            for (var index = 0; index < outputs.Length; index++)
                _map[node.Outputs[index]] = _builder.Constant(
                    outputs[index].CastTo(node.Outputs[index].Type.Element),
                    node.Outputs[index].Name
                );
            return true;
        }
        catch (Exception exception) when (exception is UnsupportedOperatorException or ArithmeticException or ShapeException)
        {
            // What cannot be evaluated here is left to the runtime.
            return false;
        }
    }

    private static bool Small(Value value) =>
        !value.IsWeight && value.Constant is InlineConstant && value.Type.Shape.Elements.Factor <= FoldedElements;

    private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);

    private void Map(Node from, Node to)
    {
        for (var index = 0; index < from.Outputs.Length; index++)
            _map[from.Outputs[index]] = to.Outputs[index];
    }

    private string Key(Node node, ImmutableArray<Value?> inputs, Attributes attributes) => Key(node, inputs, attributes, Identity, 0);

    private string Key(Node node, ImmutableArray<Value?> inputs, Attributes attributes, Func<object, int> identity, int places)
    {
        var key = new StringBuilder(node.Operator.ToString()).Append('(');
        foreach (var input in inputs)
            key.Append(
                    input switch
                    {
                        null => "-",
                        { IsWeight: false, Constant: InlineConstant constant } => constant.Contents,
                        _ => identity(input).ToString(CultureInfo.InvariantCulture),
                    }
                )
                .Append(',');
        return key.Append(')')
            .Append(attributes.Key(value => value is Program body ? Identity(body, identity, places) : identity(value)))
            .ToString();
    }

    /// <summary>
    /// A number that bodies have in common which compute the same: what a body defines counts by its place in it and in those around it.
    /// </summary>
    private int Identity(Program body, Func<object, int> around, int places)
    {
        var own = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        int Place(object value) => own.TryGetValue(value, out var place) ? place : around(value);
        void Define(Value value) => own[value] = -1 - places++;
        var text = new StringBuilder();
        foreach (var parameter in body.Parameters)
        {
            Define(parameter);
            text.Append(parameter.Type).Append(';');
        }
        foreach (var node in body.Nodes)
        {
            text.Append(Key(node, node.Inputs, node.Attributes, Place, places)).Append(node.Outputs.Length).Append(';');
            foreach (var output in node.Outputs)
                Define(output);
        }
        foreach (var output in body.Outputs)
            text.Append(
                    output.Value is { IsWeight: false, Constant: InlineConstant constant }
                        ? constant.Contents
                        : Place(output.Value).ToString(CultureInfo.InvariantCulture)
                )
                .Append(';');
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        if (!_bodies.TryGetValue(digest, out var identity))
            _bodies[digest] = identity = _bodies.Count;
        return identity;
    }

    private int Identity(object value)
    {
        if (!_identities.TryGetValue(value, out var identity))
            _identities[value] = identity = _identities.Count;
        return identity;
    }
}
