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
        if (!computed && !node.Outputs.Any(IsNarrow))
        {
            Copy(node);
            return;
        }
        var y = node.Output;
        _map[y] = node.Operator switch
        {
            _ when IsEntrywise(node) => op.Apply(_builder, [.. node.Inputs.Select(Wide)], node.Attributes).Output,
            ReductionOperator => Reduced(node),
            Reshape or ReshapingOperator => Reshape.To(_builder, Wide(node.Inputs[0])!, WideShape(y.Type.Shape)),
            Expand => Expand.Of(_builder, Wide(node.Inputs[0])!, WideShape(y.Type.Shape)),
            Gather when node.Inputs[0]!.Type.Rank > 1 || GraphWalk.HoldsNoParameter(node.Inputs[0]!) => Reshape.To(
                _builder,
                Gather.Of(_builder, _map.GetValueOrDefault(node.Inputs[0]!, node.Inputs[0]!), Wide(node.Inputs[1])!, Axis(node)),
                WideShape(y.Type.Shape)
            ),
            Concat when node.Inputs.All(IsNarrow) => Concat.Of(_builder, [.. node.Inputs.Select(input => Wide(input)!)], 1),
            Pad or Slice or Split => throw Refused(node),
            _ when node.Inputs.Index().All(input => !IsNarrow(input.Item) || IsNative(node, input.Index)) => Lifted(node),
            _ => throw Refused(node),
        };
    }

    /// <summary>Operators that take vectors as they are: sizes, axes and indices, biases, and constants of every layer.</summary>
    private bool IsNative(Node node, int index) =>
        node.Rules().HoldsSizes(index)
        || node.Rules().HoldsIndices(index) && node.Inputs[index]!.Constant is not null
        || !IsEntrywise(node) && index > 0 && node.Inputs[index]!.Constant is not null;

    private static bool IsEntrywise(Node node) =>
        node.Operator
            is UnaryElementwise
                or BinaryElementwise
                or VariadicElementwise
                or Comparison
                or ElementwisePredicate
                or Where
                or Cast
                or Clip;

    private static bool IsNarrow(Value? value) => value is { Type.Rank: < 2 };

    private static int Axis(Node gather) => Axes.Normalize(gather.Attributes.Int("axis", 0), gather.Inputs[0]!.Type.Rank);

    private static TensorShape WideShape(TensorShape shape) =>
        shape.Rank switch
        {
            0 => [1, 1],
            1 => [1, shape[0]],
            _ => shape,
        };

    private Value Reduced(Node node)
    {
        var (x, shape) = (Wide(node.Inputs[0])!, node.Inputs[0]!.Type.Shape);
        var given = node.Attributes.Ints("axes") is { } list
            ? Axes.Normalize(list, shape.Rank)
            : [.. Enumerable.Range(0, shape.Rank)];
        long[] axes = [.. given.Select(axis => (long)axis + x.Type.Rank - shape.Rank)];
        if (axes.Length == 0)
            return x;
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
        var shape = WideShape(value.Type.Shape);
        return _map[value] =
            value is { IsWeight: false, Constant: InlineConstant constant }
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
                + "which the engine takes for columns; give --target none, or ask for another result."
        );
}
