using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program, which has no bodies, so that it computes integers and booleans in float32, for engines that have arithmetic of
/// float32 only: integers below 2^24 are exact there, and larger constants are refused. Booleans are what comparisons give, and are made
/// anew by a comparison where a Where needs one that was computed. Sizes, axes and indices stay integers.
/// </summary>
/// <remarks>
/// Requires a program without bodies. Ensures that nodes compute floating-point numbers alone, beside sizes and indices.
/// </remarks>
/// <param name="type">The type of floating point; float32 for engines.</param>
internal sealed class FloatArithmetic(ElementType type = ElementType.Float32) : IPass
{
    private const long Exact = 1 << 24;

    /// <inheritdoc/>
    public string Name => "arithmetic in floating point";

    /// <summary>
    /// The program in that type. Throws <see cref="UserErrorException"/>, which names the node, where that does not give the numbers that
    /// integers give.
    /// </summary>
    public Program Run(Program program)
    {
        if (program.Nodes.All(IsFloating))
            return program;
        CheckPositions(program);
        return new Rebuilding(type).Of(program);
    }

    /// <summary>Whether a node takes and gives no integers and booleans but sizes, indices and conditions that are given.</summary>
    private static bool IsFloating(Node node) =>
        node.Operator is not OpaqueOperator
        && !node.Bodies.Any()
        && !node.Outputs.Any(IsDiscrete)
        && !node
            .Inputs.Index()
            .Any(input => IsNumber(node, input.Index) || node.Rules().HoldsCondition(input.Index) && input.Item is { IsParameter: false });

    private static bool IsNumber(Node node, int index)
    {
        var op = node.Rules();
        return node.Inputs[index] is { } input
            && IsDiscrete(input)
            && !op.HoldsSizes(index)
            && !op.HoldsIndices(index)
            && !op.HoldsCondition(index);
    }

    private static bool IsDiscrete(Value value) => !value.Type.Element.HoldsFloats();

    /// <summary>And, Or, Xor and Not: booleans of booleans.</summary>
    private static bool IsLogic(Node node) => node.Inputs.All(input => input!.Type.Element == ElementType.Bool);

    /// <summary>Computed integers are positions and counts, which no tensor of fewer elements takes above 2^24.</summary>
    private static void CheckPositions(Program program)
    {
        if (!program.Nodes.SelectMany(node => node.Outputs).Any(output => output.Type.Element is ElementType.Int64 or ElementType.Int32))
            return;
        foreach (var node in program.Nodes)
            if (node.Outputs.FirstOrDefault(output => output.Type.Shape.Elements.Known > Exact) is { } large)
                throw new UserErrorException(
                    $"{NodeReplacement.Named(node)} gives {large.Type}, whose positions float32 does not count exactly, and the engine has "
                        + "no integers; give a smaller batch."
                );
    }

    private sealed class Rebuilding(ElementType type)
    {
        private readonly GraphBuilder _builder = new();
        private readonly Dictionary<Value, Value> _map = [];
        private readonly Dictionary<Value, Value> _numbers = [];
        private readonly ElementType _type = type;

        public Program Of(Program program)
        {
            foreach (var parameter in program.Parameters)
                _builder.Recognize(parameter);
            foreach (var node in program.Nodes)
                try
                {
                    Rebuild(node);
                }
                catch (UnsupportedOperatorException exception)
                {
                    throw new UserErrorException(
                        $"{NodeReplacement.Named(node)} cannot be computed in float32: {exception.Message.TrimEnd('.')}."
                    );
                }
            var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Given(output.Value)));
            return Program.Create(program.Parameters, outputs, _builder);
        }

        private void Rebuild(Node node)
        {
            var op = node.Rules();
            using var origin = _builder.For(node.Origin);
            if (node.Operator is OpaqueOperator || node.Bodies.Any())
                throw new UnsupportedOperatorException("it is not known what it computes");
            var discrete = Enumerable.Range(0, node.Inputs.Length).Where(index => IsNumber(node, index)).ToArray();
            if (op.SetsType)
                CastTo(node);
            else if (discrete.Length == 0 || node.Operator is Comparison or ElementwisePredicate && !IsLogic(node))
                Copy(node, discrete);
            else
                Keep(
                    node,
                    op.InFloat32(_builder, new OperatorCall(op.Name, op.Domain, [.. node.Inputs.Select(Input)], node.Attributes, 1))
                );

            Value? Input(Value? input, int index) =>
                input is null ? null
                : op.HoldsIndices(index) ? Index(input)
                : op.HoldsCondition(index) ? Condition(input)
                : op.HoldsSizes(index) ? Mapped(input)
                : Number(input);
        }

        private void Copy(Node node, int[] discrete)
        {
            var op = node.Rules();
            ImmutableArray<Value?> inputs =
            [
                .. node.Inputs.Select(
                    (input, index) =>
                        input is null ? null
                        : op.HoldsIndices(index) ? Index(input)
                        : op.HoldsCondition(index) ? Condition(input)
                        : discrete.Contains(index) ? Number(input)
                        : Mapped(input)
                ),
            ];
            NodeCopies.AppendTo(_builder, node, inputs, node.Attributes, _map);
        }

        private void CastTo(Node node)
        {
            var (from, to) = (node.Inputs[0]!, node.Output.Type.Element);
            if (to.HoldsFloats() && IsDiscrete(from))
                Keep(node, Cast.Of(_builder, Number(from), to));
            else if (!IsDiscrete(node.Output))
                Copy(node, []);
            else if (to == ElementType.Bool)
                Keep(node, Number(from) is var number && from.Type.Element == ElementType.Bool ? number : IsNonzero(number));
            else if (IsDiscrete(from))
                Keep(node, Number(from));
            else
            {
                var x = new Expr(_builder, Mapped(from));
                Keep(node, Cast.Of(_builder, x.Through<Sign>() * x.Through<Abs>().Through<Floor>(), _type));
            }
        }

        private Value IsNonzero(Value number) => Cast.Of(_builder, new Expr(_builder, number).Through<Abs>() > 0, _type);

        private void Keep(Node node, Value value)
        {
            if (IsDiscrete(node.Output))
                _numbers[node.Output] = value;
            else
                _map[node.Output] = value;
        }

        private Value Mapped(Value value) =>
            _map.GetValueOrDefault(value)
            ?? (_numbers.ContainsKey(value) ? throw new UnsupportedOperatorException("it takes sizes that are computed") : value);

        /// <summary>A value in floating point; a boolean as 0 or 1.</summary>
        private Value Number(Value value)
        {
            if (!IsDiscrete(value))
                return Mapped(value);
            if (_numbers.TryGetValue(value, out var known))
                return known;
            return _numbers[value] = value.Constant is null ? Cast.Of(_builder, Mapped(value), _type) : Constant(value.Constant.Read());
        }

        private Value Constant(Tensor tensor)
        {
            if (tensor.Integers.Any(element => Math.Abs((double)element) > Exact))
                throw new UnsupportedOperatorException("it holds integers above 2^24");
            return _builder.Constant(tensor.CastTo(_type));
        }

        private Value Index(Value value) =>
            value.Constant is null && _numbers.TryGetValue(value, out var number)
                ? Cast.Of(_builder, number, ElementType.Int64)
                : Mapped(value);

        private Value Condition(Value value) =>
            _map.TryGetValue(value, out var condition) ? condition
            : value.IsParameter ? value
            : new Expr(_builder, Number(value)) > 0.5;

        /// <summary>An output of the program, in its own type.</summary>
        private Value Given(Value value) =>
            _numbers.TryGetValue(value, out var number) && !_map.ContainsKey(value)
                ? Cast.Of(_builder, number, value.Type.Element)
                : Mapped(value);
    }
}
