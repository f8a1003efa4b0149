using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;

namespace OnnxCurvature.Passes;

/// <summary>
/// Leaves out of a program what it does not need. Small constants that are no weights are folded (<see cref="ConstantFolding"/>), nodes
/// become simpler ones (<see cref="Operator.Simplify"/>), and equal nodes become one, of which the one with more outputs also serves for
/// those with fewer (<see cref="NodeKeys"/>). Nodes that give the same in every iteration of a loop move before it, and dead nodes go.
/// </summary>
/// <remarks>Requires nothing. Ensures that another run of it changes nothing.</remarks>
internal sealed class Simplifier : IPass
{
    /// <inheritdoc/>
    public string Name => "simplification";

    /// <inheritdoc/>
    public Program Run(Program program)
    {
        var rebuilding = new Rebuilding(null, stays: false);
        var simplified = rebuilding.Of(program);
        return rebuilding.HasChanged || simplified.Nodes.Length < program.Nodes.Length ? simplified : program;
    }

    /// <summary>The nodes of a program, or of a body in it, in a builder of their own.</summary>
    private sealed class Rebuilding
    {
        private readonly Rebuilding? _outer;
        private readonly GraphBuilder _builder;
        private readonly Dictionary<Value, Value> _map;
        private readonly Dictionary<string, Node> _known = new(StringComparer.Ordinal);
        private readonly NodeKeys _keys;
        private readonly HashSet<Value> _local = [];
        private readonly bool _stays;
        private bool _cutsOff;

        /// <param name="outer">The program around this body.</param>
        /// <param name="stays">Whether what the body computes stays in it: a branch may do what must not be done where it is not
        /// taken.</param>
        public Rebuilding(Rebuilding? outer, bool stays)
        {
            _stays = stays;
            _outer = outer;
            _builder = new GraphBuilder(outer?._builder);
            _map = outer?._map ?? [];
            _keys = outer?._keys ?? new NodeKeys();
        }

        /// <summary>Whether anything but the builder differs from what was given.</summary>
        public bool HasChanged { get; private set; }

        public Program Of(Program program)
        {
            _local.UnionWith(program.Parameters);
            _cutsOff = (_outer?._cutsOff ?? false) || program.Parameters.Any(parameter => parameter.Producer is not null);
            var kept = program.Outputs.Select(output => output.Value).ToHashSet();
            var most = MostOutputs(program);
            foreach (var node in program.Nodes)
                Add(node, kept, most);
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
                    var key = _keys.Of(node, node.Inputs, node.Attributes);
                    if (!most.TryGetValue(key, out var other) || other.Outputs.Length < node.Outputs.Length)
                        most[key] = node;
                }
            return most;
        }

        private void Add(Node node, HashSet<Value> kept, Dictionary<string, Node> most)
        {
            ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
            var attributes = node.Attributes;
            var parts = new GraphBuilder(_builder);
            if (node.Rules().Simplify(parts, node, inputs) is { } simpler && StaysWithin(simpler, inputs, parts))
            {
                if (simpler.Same is { } same && (!kept.Contains(node.Output) || TakesPlace(node.Output, same, parts)))
                {
                    _map[node.Output] = Known(same)!;
                    HasChanged = true;
                    return;
                }
                HasChanged |= simpler.Inputs != inputs;
                inputs = [.. simpler.Inputs.Select(Known)];
                attributes = simpler.Attributes;
            }
            Value? Known(Value? value) => value?.Producer is { } made && made.Scope == parts ? Added(made) : value;
            if (Fold(node, inputs) || node.Bodies.Any() && AddWithBodies(node, inputs, kept))
                return;
            var key = _keys.Of(node, inputs, attributes);
            var home = Home(inputs);
            for (var at = home; at is not null; at = at._outer)
                if (
                    at._known.TryGetValue(key, out var equal)
                    && equal.Outputs.Length >= node.Outputs.Length
                    && !(kept.Contains(node.Output) && equal.Output.Name is not null && node.Output.Name is not null)
                )
                {
                    HasChanged = true;
                    Map(node, equal);
                    return;
                }
            var outputs = most.TryGetValue(_keys.Of(node, node.Inputs, node.Attributes), out var more) ? more.Outputs : node.Outputs;
            HasChanged |= home != this || outputs.Length != node.Outputs.Length;
            var named = outputs
                .Select((output, index) => (output.Type, index < node.Outputs.Length ? node.Outputs[index].Name : output.Name))
                .ToArray();
            home.Keep(node, key, inputs, attributes, named);
        }

        /// <summary>
        /// Whether a value may be an output of the program in place of another: it is computed there, and no name gets lost. A node that
        /// only gives it another shape would copy it.
        /// </summary>
        private bool TakesPlace(Value output, Value same, GraphBuilder parts) =>
            _outer is null && output.Name is null && (same.Producer?.Scope == _builder || same.Producer?.Scope == parts);

        /// <summary>
        /// Whether a simpler node takes nothing from before the program: a parameter may be a value that a run gives, and that nodes
        /// outside compute, through which no rule may look.
        /// </summary>
        private bool StaysWithin(SimplerNode simpler, ImmutableArray<Value?> inputs, GraphBuilder parts)
        {
            if (!_cutsOff)
                return true;
            var pending = new Stack<Value>(simpler.Inputs.OfType<Value>());
            if (simpler.Same is { } same)
                pending.Push(same);
            while (pending.TryPop(out var value))
                if (value.Producer is { } made && made.Scope == parts)
                    foreach (var input in GraphWalk.Dependencies(made))
                        pending.Push(input);
                else if (value.Constant is null && !inputs.Contains(value) && !IsRebuilt(value))
                    return false;
            return true;
        }

        private bool IsRebuilt(Value value)
        {
            for (var at = this; at is not null; at = at._outer)
                if (at._local.Contains(value) || value.Producer?.Scope == at._builder)
                    return true;
            return false;
        }

        /// <summary>The value that takes the place of the only output of a node that is not one of the program's.</summary>
        private Value Added(Node node)
        {
            Add(node, [], []);
            return Mapped(node.Output);
        }

        private bool AddWithBodies(Node node, ImmutableArray<Value?> inputs, HashSet<Value> kept)
        {
            var attributes = node.Attributes;
            foreach (var (name, value) in node.Attributes.Items)
                if (value is Program body)
                {
                    var inner = new Rebuilding(this, node.Operator is IBodyOperator { IsConditional: true });
                    var rebuilt = inner.Of(body);
                    attributes = attributes.With(name, rebuilt);
                    HasChanged |= inner.HasChanged || rebuilt.Nodes.Length < body.Nodes.Length;
                }
            if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
                inputs = op.WithCaptures(inputs, attributes);
            var key = _keys.Of(node, inputs, attributes);
            for (var at = this; at is not null; at = at._outer)
                if (
                    at._known.TryGetValue(key, out var equal)
                    && equal.Outputs.Length == node.Outputs.Length
                    && !node.Outputs.Any(kept.Contains)
                )
                {
                    HasChanged = true;
                    Map(node, equal);
                    return true;
                }
            Keep(node, key, inputs, attributes, [.. node.Outputs.Select(output => (output.Type, output.Name))]);
            return true;
        }

        /// <summary>Appends what has become of a node, and knows it by its key.</summary>
        private void Keep(
            Node node,
            string key,
            ImmutableArray<Value?> inputs,
            Attributes attributes,
            (TensorType Type, string? Name)[] outputs
        )
        {
            using var origin = _builder.For(node.Origin);
            var rebuilt = _builder.Append(node.Operator, inputs, attributes, outputs, node.Name);
            _local.UnionWith(rebuilt.Outputs);
            _known.TryAdd(key, rebuilt);
            Map(node, rebuilt);
        }

        /// <summary>The outermost program that has all inputs.</summary>
        private Rebuilding Home(ImmutableArray<Value?> inputs)
        {
            var home = this;
            while (!home._stays && home._outer is { } outer && !inputs.Any(input => input is not null && home._local.Contains(input)))
                home = outer;
            return home;
        }

        private bool Fold(Node node, ImmutableArray<Value?> inputs)
        {
            if (ConstantFolding.Of(node, inputs) is not { } outputs)
                return false;
            for (var index = 0; index < outputs.Length; index++)
                _map[node.Outputs[index]] = _builder.Constant(outputs[index], node.Outputs[index].Name);
            return HasChanged = true;
        }

        private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);

        private void Map(Node from, Node to)
        {
            for (var index = 0; index < from.Outputs.Length; index++)
                _map[from.Outputs[index]] = to.Outputs[index];
        }
    }
}
