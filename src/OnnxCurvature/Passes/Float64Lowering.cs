using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program so that ONNX Runtime computes in float64 what is of that type: nodes that it has no float64 kernel of, or one
/// that rounds to float32, become nodes that it has one of. So do, in every type, nodes of operators that no runtime has. What they
/// become is lowered in turn.
/// </summary>
internal sealed class Float64Lowering(ExecutionProvider provider) : IPass
{
    /// <inheritdoc/>
    public string Name => "float64 lowering";

    /// <inheritdoc/>
    /// <remarks>Throws <see cref="UserErrorException"/> for a node that cannot be computed in float64.</remarks>
    public Program Run(Program program)
    {
        if (!IsNeeded(program))
            return program;
        var rebuilding = new Rebuilding(null, provider);
        var lowered = rebuilding.Of(program);
        return rebuilding.HasChanged ? lowered : program;
    }

    /// <summary>Whether a program, or a body in it, computes values of float64.</summary>
    public static bool HoldsFloat64(Program program) => program.Nodes.Any(node => IsFloat64(node) || node.Bodies.Any(HoldsFloat64));

    private static bool IsNeeded(Program program) =>
        program.Nodes.Any(node => IsFloat64(node) || !node.Rules().HasKernel || node.Bodies.Any(IsNeeded));

    private static bool IsFloat64(Node node) =>
        node.Outputs.Any(output => output.Type.Element == ElementType.Float64)
        || node.Inputs.Any(input => input?.Type.Element == ElementType.Float64);

    /// <summary>The nodes of a program, or of a body inside <paramref name="outer"/>, in a builder of their own.</summary>
    private sealed class Rebuilding(Rebuilding? outer, ExecutionProvider provider)
    {
        private readonly ExecutionProvider _provider = provider;
        private readonly GraphBuilder _builder = new(outer?._builder);
        private readonly Dictionary<Value, Value> _map = outer?._map ?? [];

        /// <summary>Whether a node was replaced.</summary>
        public bool HasChanged { get; private set; }

        public Program Of(Program program)
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
            if (Lower(node, inputs))
                return;
            var attributes = node.Attributes;
            foreach (var (name, value) in node.Attributes.Items)
                if (value is Program body)
                {
                    var inner = new Rebuilding(this, _provider);
                    attributes = attributes.With(name, inner.Of(body));
                    HasChanged |= inner.HasChanged;
                }
            if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
                inputs = op.WithCaptures(inputs, attributes);
            using var origin = _builder.For(node.Origin);
            NodeCopies.AppendTo(_builder, node, inputs, attributes, _map, nameOf);
        }

        private bool Lower(Node node, ImmutableArray<Value?> inputs)
        {
            if (!IsFloat64(node) && node.Rules().HasKernel)
                return false;
            var b = new GraphBuilder(_builder) { Origin = NodeOrigin.Of(node) };
            foreach (var input in inputs)
                if (input is not null)
                    b.Recognize(input);
            var call = new OperatorCall(node.Operator.Name, node.Operator.Domain, inputs, node.Attributes, node.Outputs.Length);
            ImmutableArray<Value?> outputs;
            ImmutableArray<TensorType> types = [.. node.Outputs.Select(output => output.Type)];
            try
            {
                if (
                    (
                        _provider == ExecutionProvider.Cuda
                            ? node.Rules().InFloat64OnCuda(b, call, types)
                            : node.Rules().InFloat64(b, call, types)
                    )
                    is not { } lowered
                )
                    return false;
                outputs = lowered;
            }
            catch (UnsupportedOperatorException exception)
            {
                var named = node.Origin is null ? node.ToString() : $"{node.Operator.Name} (of {node.Origin})";
                throw new UserErrorException(
                    $"{named} cannot be computed in float64, for which ONNX Runtime has no kernel: {exception.Message.TrimEnd('.')}."
                );
            }
            HasChanged = true;
            var names = new Dictionary<Value, string?>();
            for (var index = 0; index < node.Outputs.Length; index++)
                if (outputs[index] is { } output)
                    names.TryAdd(output, node.Outputs[index].Name);
            foreach (var part in GraphWalk.Ancestors(names.Keys, scope: b))
                Add(part, names.GetValueOrDefault);
            for (var index = 0; index < node.Outputs.Length; index++)
                if (outputs[index] is { } output)
                    _map[node.Outputs[index]] = Mapped(output);
            return true;
        }

        private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);
    }
}
