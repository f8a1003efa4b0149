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
internal sealed class MatrixForms
{
    private readonly GraphBuilder _builder = new();
    private readonly Dictionary<Value, Value> _map = [];
    private readonly Dictionary<Value, Value> _wide = [];

    /// <summary>
    /// The program with matrices. Throws <see cref="UserErrorException"/>, which names the node, where an operator takes a vector that is
    /// computed and has no form for matrices.
    /// </summary>
    public static Program Run(Program program)
    {
        var pass = new MatrixForms();
        foreach (var parameter in program.Parameters)
            pass._builder.Recognize(parameter);
        foreach (var node in program.Nodes)
            pass.Rebuild(node);
        var outputs = program.Outputs.Select(output => new NamedValue(output.Name, pass.Given(output.Value)));
        return Program.Create(program.Parameters, outputs, pass._builder);
    }

    private void Rebuild(Node node)
    {
        var op = node.Rules();
        _builder.Origin = node.Origin;
        var computed = node.Inputs.Index().Any(input => IsNarrow(input.Item) && !IsNative(node, input.Index));
        if (!computed && !node.Outputs.Any(IsNarrow) && !(node.Operator is Gather && IsNarrow(node.Inputs[0])))
        {
            Copy(node);
            return;
        }
        if (node.Outputs.Length > 1)
            throw Refused(node);
        var y = node.Output;
        _map[y] = node.Operator switch
        {
            _ when IsEntrywise(node) => Entrywise(node),
            ReductionOperator => Reduced(node),
            Reshape or ReshapingOperator => Reshape.To(_builder, Wide(node.Inputs[0])!, WideShape(y.Type.Shape)),
            Expand => Expand.Of(_builder, Wide(node.Inputs[0])!, WideShape(y.Type.Shape)),
            Gather => Gathered(node),
            Concat when node.Inputs.All(IsNarrow) => Concat.Of(_builder, [.. node.Inputs.Select(input => Wide(input)!)], 1),
            Slice when node.Inputs[0]!.Type.Rank == 1 => op.Apply(
                _builder,
                [Wide(node.Inputs[0]), node.Input(1), node.Input(2), _builder.Vector(1), node.Input(4)]
            ).Output,
            Pad when node.Inputs[0]!.Type.Rank == 1 && node.Inputs.Skip(1).All(IsConstant) && node.Input(3) is null => op.Apply(
                _builder,
                [
                    Wide(node.Inputs[0]),
                    _builder.Vector([.. node.Inputs[1]!.Constant!.Read().Integers.SelectMany(width => new[] { 0, width })]),
                    node.Input(2),
                ],
                node.Attributes
            ).Output,
            _ when node.Inputs.Index().All(input => !IsNarrow(input.Item) || IsNative(node, input.Index)) => Lifted(node),
            _ => throw Refused(node),
        };
    }

    /// <summary>Operators that take vectors as they are: sizes, axes and indices, biases, and constants of every layer.</summary>
    private bool IsNative(Node node, int index) =>
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

    private static bool IsConstant(Value? value) => value is null or { Constant: not null };

    private static bool IsNarrow(Value? value) => value is { Type.Rank: < 2 };

    private static TensorShape WideShape(TensorShape shape) =>
        shape.Rank switch
        {
            0 => [1, 1],
            1 => [1, shape[0]],
            _ => shape,
        };

    private Value Entrywise(Node node)
    {
        ImmutableArray<Value?> inputs =
        [
            .. node.Inputs.Select((input, index) => input is not null && IsConstantOperand(node, index) ? input : Wide(input)),
        ];
        var type = node.Output.Type;
        return _builder
            .Append(node.Operator, inputs, node.Attributes, [(type with { Shape = WideShape(type.Shape) }, node.Output.Name)], node.Name)
            .Output;
    }

    private Value Gathered(Node node)
    {
        var (x, indices) = (Wide(node.Inputs[0])!, node.Inputs[1]!);
        var rank = node.Inputs[0]!.Type.Rank;
        var axis = Axes.Normalize(node.Attributes.Int("axis", 0), rank) + x.Type.Rank - rank;
        // Positions in one row: such engines take no more axes of them.
        var row = Reshape.To(_builder, Wide(indices)!, [1, indices.Type.Shape.Elements]);
        return Reshape.To(_builder, Gather.Of(_builder, x, row, axis), WideShape(node.Output.Type.Shape));
    }

    private Value Reduced(Node node)
    {
        var (x, shape) = (Wide(node.Inputs[0])!, node.Inputs[0]!.Type.Shape);
        var given = node.Attributes.Ints("axes") is { } list ? Axes.Normalize(list, shape.Rank) : [.. Enumerable.Range(0, shape.Rank)];
        long[] axes = [.. given.Select(axis => (long)axis + x.Type.Rank - shape.Rank)];
        // A scalar has no axes, and its matrix has one to reduce.
        if (axes.Length == 0)
            axes = [0];
        var attributes = node.Attributes.With("axes", axes).With("keepdims", 1L);
        var kept = node.Rules().Apply(_builder, [x], attributes).Output;
        return Reshape.To(_builder, kept, WideShape(node.Output.Type.Shape));
    }

    /// <summary>A node that takes matrices and gives a vector.</summary>
    private Value Lifted(Node node)
    {
        var copy = Copied(node);
        return Reshape.To(_builder, copy.Output, WideShape(node.Output.Type.Shape));
    }

    private void Copy(Node node)
    {
        var copy = Copied(node);
        for (var index = 0; index < node.Outputs.Length; index++)
            _map[node.Outputs[index]] = copy.Outputs[index];
    }

    private Node Copied(Node node) =>
        _builder.Append(
            node.Operator,
            [.. node.Inputs.Select(input => input is null ? null : _map.GetValueOrDefault(input, input))],
            node.Attributes,
            [.. node.Outputs.Select(output => (output.Type, output.Name))],
            node.Name
        );

    /// <summary>A value as a matrix, or as it is where it has axes enough.</summary>
    private Value? Wide(Value? value)
    {
        if (value is null || !IsNarrow(value))
            return value is null ? null : _map.GetValueOrDefault(value, value);
        if (_map.TryGetValue(value, out var known))
            return known;
        if (_wide.TryGetValue(value, out known))
            return known;
        var shape = WideShape(value.Type.Shape);
        return _wide[value] = value is { IsWeight: false, Constant: InlineConstant constant }
            ? _builder.Constant(constant.Read().Reshaped(shape.Sizes))
            : Reshape.To(_builder, value, shape);
    }

    /// <summary>An output of the program, in its own shape; a sum over axes of size one is exact.</summary>
    private Value Given(Value value)
    {
        if (!IsNarrow(value) || !_map.TryGetValue(value, out var wide) || wide.Type.Shape == value.Type.Shape)
            return _map.GetValueOrDefault(value, value);
        return value.Type.Rank == 1
            ? Reshape.To(_builder, wide, value.Type.Shape)
            : Catalogue.Get<ReduceSum>().Apply(_builder, [wide], Attributes.Empty.With("axes", [0L, 1L]).With("keepdims", 0L)).Output;
    }

    private static UserErrorException Refused(Node node) =>
        new(
            $"{EngineForms.Named(node)} computes with the vectors {string.Join(", ", node.Inputs.OfType<Value>().Select(x => x.Type))}, "
                + "which the engine takes for columns; leave out --target, or ask for another result."
        );
}
