using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program, which has no bodies, so that scalars and vectors are held as matrices of one row, for engines that take a vector for
/// a column. Parameters and outputs keep their shapes.
/// </summary>
/// <remarks>Requires a program without bodies. Ensures that nodes compute no scalars and vectors but those that outputs are.</remarks>
internal sealed class MatrixForms : IPass
{
    /// <inheritdoc/>
    public string Name => "matrices of one row";

    /// <summary>
    /// The program with matrices. Throws <see cref="UserErrorException"/>, which names the node, where an operator takes a vector that is
    /// computed and has no form for matrices.
    /// </summary>
    public Program Run(Program program) => program.Nodes.All(HoldsMatrices) ? program : new Rebuilding().Of(program);

    /// <summary>Whether a node gives no vectors, and takes none but as they are.</summary>
    private static bool HoldsMatrices(Node node) =>
        !node.Outputs.Any(Matrices.IsNarrow)
        && !node.Inputs.Index().Any(input => Matrices.IsNarrow(input.Item) && !IsNative(node, input.Index));

    /// <summary>Operators that take vectors as they are: sizes, axes and indices, biases, and constants of every layer.</summary>
    private static bool IsNative(Node node, int index) =>
        node.Rules().HoldsSizes(index)
        || node.Rules().HoldsIndices(index) && node.Inputs[index]!.Constant is not null
        || IsConstantOperand(node, index);

    /// <summary>
    /// A constant beside a matrix: broadcasting takes it for a row by itself, and patterns that engines look for stay what they are.
    /// </summary>
    private static bool IsConstantOperand(Node node, int index) =>
        node.Inputs[index]!.Constant is not null
        && (IsEntrywise(node) ? node.Inputs.Any(input => input is { Constant: null, Type.Rank: > 0 }) : index > 0);

    private static bool IsEntrywise(Node node) => node.Rules().IsElementwise(node);

    private static UserErrorException Refused(Node node) =>
        new(
            $"{NodeReplacement.Named(node)} computes with the vectors {string.Join(", ", node.Inputs.OfType<Value>().Select(x => x.Type))}"
                + ", which the engine takes for columns; leave out --target, or ask for another result."
        );

    private sealed class Rebuilding
    {
        private readonly GraphBuilder _builder = new();
        private readonly Dictionary<Value, Value> _map = [];
        private readonly Dictionary<Value, Value> _wide = [];

        public Program Of(Program program)
        {
            foreach (var parameter in program.Parameters)
                _builder.Recognize(parameter);
            foreach (var node in program.Nodes)
                Rebuild(node);
            var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Given(output.Value)));
            return Program.Create(program.Parameters, outputs, _builder);
        }

        private void Rebuild(Node node)
        {
            var op = node.Rules();
            using var origin = _builder.For(node.Origin);
            if (HoldsMatrices(node))
            {
                Copied(node);
                return;
            }
            if (node.Outputs.Length > 1)
                throw Refused(node);
            var y = node.Output;
            _map[y] =
                IsEntrywise(node) ? Entrywise(node)
                : op.InMatrices(_builder, node, value => Wide(value)!) is { } matrix ? matrix
                : node.Inputs.Index().All(input => !Matrices.IsNarrow(input.Item) || IsNative(node, input.Index)) ? Lifted(node)
                : throw Refused(node);
        }

        private Value Entrywise(Node node)
        {
            ImmutableArray<Value?> inputs =
            [
                .. node.Inputs.Select((input, index) => input is not null && IsConstantOperand(node, index) ? input : Wide(input)),
            ];
            var type = node.Output.Type;
            return _builder
                .Append(
                    node.Operator,
                    inputs,
                    node.Attributes,
                    [(type with { Shape = Matrices.ShapeOf(type.Shape) }, node.Output.Name)],
                    node.Name
                )
                .Output;
        }

        /// <summary>A node that takes matrices and gives a vector.</summary>
        private Value Lifted(Node node)
        {
            var copy = Copied(node);
            return Reshape.To(_builder, copy.Output, Matrices.ShapeOf(node.Output.Type.Shape));
        }

        private Node Copied(Node node) =>
            NodeCopies.AppendTo(
                _builder,
                node,
                [.. node.Inputs.Select(input => input is null ? null : _map.GetValueOrDefault(input, input))],
                node.Attributes,
                _map
            );

        /// <summary>A value as a matrix, or as it is where it has axes enough.</summary>
        private Value? Wide(Value? value)
        {
            if (value is null || !Matrices.IsNarrow(value))
                return value is null ? null : _map.GetValueOrDefault(value, value);
            if (_map.TryGetValue(value, out var known))
                return known;
            if (_wide.TryGetValue(value, out known))
                return known;
            var shape = Matrices.ShapeOf(value.Type.Shape);
            return _wide[value] =
                value is { IsWeight: false, Constant: InlineConstant constant } ? _builder.Constant(constant.Read().Reshaped(shape.Sizes))
                : value is { IsParameter: true, Type.Rank: 0 } ? Broadcast(value, shape)
                : Reshape.To(_builder, value, shape);
        }

        /// <summary>A scalar that is fed, which OpenCV does not reshape, plus a matrix of one zero.</summary>
        private Value Broadcast(Value value, TensorShape shape) =>
            Catalogue.Get<Add>().Apply(_builder, [value, _builder.Constant(Tensor.Filled(value.Type.Element, shape.Sizes, 0))]).Output;

        /// <summary>An output of the program, in its own shape; a sum over axes of size one is exact.</summary>
        private Value Given(Value value)
        {
            if (!Matrices.IsNarrow(value) || !_map.TryGetValue(value, out var wide) || wide.Type.Shape == value.Type.Shape)
                return _map.GetValueOrDefault(value, value);
            return value.Type.Rank == 1
                ? Reshape.To(_builder, wide, value.Type.Shape)
                : Catalogue.Get<ReduceSum>().Apply(_builder, [wide], Attributes.Empty.With("axes", [0L, 1L]).With("keepdims", 0L)).Output;
        }
    }
}
