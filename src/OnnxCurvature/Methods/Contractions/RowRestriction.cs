using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
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
        if (node.Rules().OnRows(node, node.Inputs.IndexOf(first), _restricted[first].Axis) is not { } rule)
            return false;
        var inputs = node.Inputs.Select((input, index) => input is null ? null : Operand(input, rule.Inputs[index])).ToArray();
        if (inputs.Index().Any(input => input.Item is null && node.Inputs[input.Index] is not null))
            return false;
        var shape = node.Output.Type.Shape;
        if (rule.Output is { } axis)
            _restricted[node.Output] = (Rebuilt(node, inputs, shape.With(axis, _rows.End - _rows.Start)), axis);
        else
            _whole[node.Output] = Rebuilt(node, inputs, shape);
        return true;
    }

    private void OnAll(Node node)
    {
        var copy = node.Rules()
            .Rebuild(_builder, node, [.. node.Inputs.Select(value => value is null ? null : Whole(value))], node.Output.Type.Shape);
        for (var index = 0; index < node.Outputs.Length; index++)
            _whole[node.Outputs[index]] = copy.Outputs[index];
    }

    private Value Rebuilt(Node node, Value?[] inputs, TensorShape shape) => node.Rules().Rebuild(_builder, node, [.. inputs], shape).Output;

    /// <summary>
    /// An input of a node on the rows of one of its axes, or as it is. Null where it is restricted along another axis, and where it is a
    /// tangent that is not zero outside of the rows: a sum with it is not zero there either.
    /// </summary>
    private Value? Operand(Value value, int? axis)
    {
        if (_restricted.TryGetValue(value, out var rows))
            return rows.Axis == axis ? rows.Value : null;
        if (_whole.ContainsKey(value))
            return null;
        return axis is { } own ? Cut(value, own) : value;
    }

    private Value Cut(Value value, int axis) => Slice.Of(_builder, value, axis, _rows.Start, _rows.End);

    private Value Whole(Value value)
    {
        if (!_whole.TryGetValue(value, out var whole) && _restricted.TryGetValue(value, out var rows))
            _whole[value] = whole = Pad.Of(_builder, rows.Value, rows.Axis, _rows.Start, _all - _rows.End);
        return whole ?? value;
    }
}
