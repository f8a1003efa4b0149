using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// The linear program after a tangent [N, O, …], for tangents that are zero outside of some rows of axis 1. Nodes that work on each row by
/// itself do so on these rows only, and a convolution sums over these channels only; before any other node zeros are put around the rows.
/// </summary>
internal sealed class RowRestriction
{
    private readonly GraphBuilder _builder;
    private readonly (long Start, long End) _rows;
    private readonly long _all;
    private readonly Dictionary<Value, (Value Value, int Axis)> _restricted = [];
    private readonly Dictionary<Value, Value> _whole = [];

    private RowRestriction(GraphBuilder builder, (long Start, long End) rows, long all) => (_builder, _rows, _all) = (builder, rows, all);

    /// <summary>From tangents [N, rows, …] at <paramref name="cut"/> to <paramref name="output"/>.</summary>
    public static LinearProgram Of(GraphBuilder b, Value cut, Value output, (long Start, long End) rows)
    {
        var type = cut.Type with { Shape = cut.Type.Shape.With(1, rows.End - rows.Start) };
        var restriction = new RowRestriction(b, rows, cut.Type.Shape[1].Factor);
        var input = b.Parameter(type);
        restriction._restricted[cut] = (input, 1);
        foreach (var node in GraphWalk.Between(new HashSet<Value> { cut }, [output]))
        {
            using var origin = b.For(node.Origin);
            if (!node.Inputs.Any(value => value is not null && restriction._restricted.ContainsKey(value)) || !restriction.OnRows(node))
                restriction.OnAll(node);
        }
        return new LinearProgram([input], [restriction.Whole(output)]);
    }

    private bool OnRows(Node node)
    {
        var first = node.Inputs.First(value => value is not null && _restricted.ContainsKey(value))!;
        var (value, axis) = _restricted[first];
        var shape = node.Output.Type.Shape;
        switch (node.Operator)
        {
            case UnaryElementwise or Ops.Elementwise.Neg:
                return Keep(node, axis, [value]);
            case BinaryElementwise:
                axis += shape.Rank - first.Type.Rank;
                var operands = node.Inputs.Select(input => Operand(input!, axis, shape.Rank)).ToArray();
                return operands.All(operand => operand is not null) && Keep(node, axis, operands);
            case Reshape
                when Enumerable
                    .Range(0, shape.Rank)
                    .FirstOrDefault(at => shape[at] == _all && shape.Product(0, at) == first.Type.Shape.Product(0, axis), -1)
                    is var at
                        and >= 0:
                return Keep(node, at, [value, null]);
            case ReduceSum
                when node.Attributes.Ints("axes") is { } axes
                    && Axes.Normalize(axes, first.Type.Rank) is var reduced
                    && !reduced.Contains(axis):
                return Keep(node, node.Attributes.Int("keepdims", 1) != 0 ? axis : axis - reduced.Count(other => other < axis), [value]);
            case GatherElements when Axes.Normalize(node.Attributes.Int("axis", 0), first.Type.Rank) != axis && node.Inputs[0] == first:
                return Keep(node, axis, [value, Cut(node.Inputs[1]!, axis)]);
            case Conv
                when axis == 1
                    && node.Inputs[0] == first
                    && node.Attributes.Int("group", 1) == 1
                    && !_restricted.ContainsKey(node.Inputs[1]!):
                _whole[node.Output] = node.Rules().Rebuild(_builder, node, [value, Cut(node.Inputs[1]!, 1)], shape).Output;
                return true;
            default:
                return false;
        }
    }

    private void OnAll(Node node)
    {
        var copy = node.Rules()
            .Rebuild(_builder, node, [.. node.Inputs.Select(value => value is null ? null : Whole(value))], node.Output.Type.Shape);
        for (var index = 0; index < node.Outputs.Length; index++)
            _whole[node.Outputs[index]] = copy.Outputs[index];
    }

    private bool Keep(Node node, int axis, Value?[] inputs)
    {
        var copy = node.Rules().Rebuild(_builder, node, [.. inputs], node.Output.Type.Shape.With(axis, _rows.End - _rows.Start));
        _restricted[node.Output] = (copy.Output, axis);
        return true;
    }

    /// <summary>
    /// An operand of a broadcasting node, on the rows of an axis of its output. Null where it is restricted along another, and where it is
    /// a tangent that is not zero outside of the rows: a sum with it is not zero there either.
    /// </summary>
    private Value? Operand(Value value, int axis, int rank)
    {
        var own = axis - rank + value.Type.Rank;
        if (_restricted.TryGetValue(value, out var rows))
            return rows.Axis == own ? rows.Value : null;
        if (_whole.ContainsKey(value))
            return null;
        return own < 0 || value.Type.Shape[own].IsOne ? value : Cut(value, own);
    }

    private Value Cut(Value value, int axis) => Slice.Of(_builder, value, axis, _rows.Start, _rows.End);

    private Value Whole(Value value)
    {
        if (!_whole.TryGetValue(value, out var whole) && _restricted.TryGetValue(value, out var rows))
            _whole[value] = whole = Pad.Of(_builder, rows.Value, rows.Axis, _rows.Start, _all - _rows.End);
        return whole ?? value;
    }
}
