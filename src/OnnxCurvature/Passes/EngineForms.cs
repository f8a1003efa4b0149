using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program without the forms of operators that an engine does not take: each operator says what stands for them
/// (<see cref="Operator.WithoutGaps"/>), and composites that it lacks are put together from others. Integers whose values follow from
/// known shapes become constants. The bodies of a model's own loops and branches are rebuilt with what they take from around them.
/// </summary>
/// <remarks>Requires nothing. Ensures that no node has a form that the engine lacks.</remarks>
/// <param name="gaps">The forms that the engine does not take.</param>
/// <param name="operators">The operators that it has, so that others are put together from these; null for all.</param>
internal sealed class EngineForms(EngineGaps gaps, IReadOnlySet<string>? operators = null) : IPass
{
    private const long MostFolded = 1 << 22;

    /// <inheritdoc/>
    public string Name => "forms of an engine";

    /// <summary>
    /// The program without these forms. Throws <see cref="UserErrorException"/>, which names the node, where one has no other form.
    /// </summary>
    public Program Run(Program program)
    {
        var rebuilding = new Rebuilding(null, gaps, operators);
        var rebuilt = rebuilding.Of(program);
        return rebuilding.HasChanged ? rebuilt : program;
    }

    /// <summary>A node as messages name it: by its operator, and by the node of the model that it is there for.</summary>
    internal static string Named(Node node) => node.Origin is { } origin ? $"{node.Operator.Name} (of {origin})" : node.ToString();

    /// <summary>The nodes of a program, or of a body inside <paramref name="outer"/>, in a builder of their own.</summary>
    private sealed class Rebuilding(Rebuilding? outer, EngineGaps gaps, IReadOnlySet<string>? operators)
    {
        private readonly GraphBuilder _builder = new(outer?._builder);
        private readonly Dictionary<Value, Value> _map = outer?._map ?? [];
        private readonly EngineGaps _gaps = gaps;
        private readonly IReadOnlySet<string>? _operators = operators;

        /// <summary>Whether a node was replaced.</summary>
        public bool HasChanged { get; private set; }

        public Program Of(Program program)
        {
            foreach (var parameter in program.Parameters)
                _builder.Recognize(parameter);
            foreach (var node in program.Nodes)
                Rebuild(node, output => output.Name);
            var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Mapped(output.Value)));
            return Program.Create(program.Parameters, outputs, _builder);
        }

        private void Rebuild(Node node, Func<Value, string?> nameOf)
        {
            if (node.Outputs is [{ Contents: { } contents } only] && contents.All(dim => dim.IsKnown))
            {
                var sizes = Tensor.Vector([.. contents.Select(dim => dim.Factor)]);
                _map[only] = _builder.Constant(sizes.Reshaped(only.Type.Shape.Sizes).CastTo(only.Type.Element));
                HasChanged = true;
                return;
            }
            ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
            if (Fold(node, inputs) || Replace(node, inputs, nameOf))
                return;
            var attributes = node.Attributes;
            foreach (var (name, value) in node.Attributes.Items)
                if (value is Program body)
                {
                    var inner = new Rebuilding(this, _gaps, _operators);
                    attributes = attributes.With(name, inner.Of(body));
                    HasChanged |= inner.HasChanged;
                }
            if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
                inputs = op.WithCaptures(inputs, attributes);
            using var origin = _builder.For(node.Origin);
            NodeCopies.AppendTo(_builder, node, inputs, attributes, _map, nameOf);
        }

        /// <summary>What constants of formulas make is a constant, for engines that do not compute with constants alone.</summary>
        private bool Fold(Node node, ImmutableArray<Value?> inputs)
        {
            if (
                !_gaps.HasFlag(EngineGaps.ConstantData)
                || node.Operator is Identity
                || !inputs.All(input => input is null or { IsWeight: false, Constant: InlineConstant })
                || node.Outputs.Any(output => output.Type.Shape.Elements.Known is not <= MostFolded)
            )
                return false;
            var outputs = node.Rules().Evaluate(node, [.. inputs.Select(input => input?.Constant!.Read())]);
            for (var index = 0; index < outputs.Length; index++)
                _map[node.Outputs[index]] = _builder.Constant(outputs[index].CastTo(node.Outputs[index].Type.Element));
            return HasChanged = true;
        }

        private bool Replace(Node node, ImmutableArray<Value?> inputs, Func<Value, string?> nameOf)
        {
            var b = new GraphBuilder(_builder) { Origin = NodeOrigin.Of(node) };
            var call = new OperatorCall(node.Operator.Name, node.Operator.Domain, inputs, node.Attributes, node.Outputs.Length);
            ImmutableArray<Value?>? replaced;
            try
            {
                replaced =
                    node.Operator is CompositeOperator composite && _operators?.Contains(composite.Name) == false
                        ? composite.Decompose(b, call)
                        : node.Rules().WithoutGaps(b, call, [.. node.Outputs.Select(output => output.Type)], _gaps);
            }
            catch (UnsupportedOperatorException exception)
            {
                throw new UserErrorException($"{Named(node)} has no form that the engine takes: {exception.Message.TrimEnd('.')}.");
            }
            if (replaced is not { } outputs)
                return false;
            var names = new Dictionary<Value, string?>();
            for (var index = 0; index < node.Outputs.Length; index++)
                if (outputs[index] is { } output)
                    names.TryAdd(output, nameOf(node.Outputs[index]));
            foreach (var part in GraphWalk.Ancestors(names.Keys, scope: b))
                Rebuild(part, names.GetValueOrDefault);
            for (var index = 0; index < node.Outputs.Length; index++)
                if (outputs[index] is { } output)
                    _map[node.Outputs[index]] = Mapped(output);
            return HasChanged = true;
        }

        private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);
    }
}
