using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>Inputs and outputs of iterations, as entries along a first axis.</summary>
internal static class Stacking
{
    /// <summary>One entry.</summary>
    public static Tensor Entry(Tensor sequence, long index)
    {
        long[] shape = [.. sequence.Shape.Skip(1)];
        var size = (int)shape.Aggregate(1L, (a, b) => a * b);
        return sequence.Gather(shape, [.. Enumerable.Range((int)index * size, size)]);
    }

    /// <summary>All rows. Of no iterations, their shape follows from their type and the values around the loop.</summary>
    public static Tensor Stack(List<Tensor> rows, TensorType row, ImmutableArray<Value?> inputs, IDictionary<Value, Tensor> values)
    {
        if (rows.Count == 0)
            return Tensor.Filled(row.Element, [0, .. row.Shape.Select(dim => Size(dim, inputs, values))], 0);
        long[] shape = [rows.Count, .. rows[0].Shape];
        return rows[0].Element.IsFloat()
            ? Tensor.Of(rows[0].Element, shape, rows.SelectMany(part => part.Floats).ToArray())
            : Tensor.Of(rows[0].Element, shape, rows.SelectMany(part => part.Integers).ToArray());
    }

    private static long Size(Dim dim, ImmutableArray<Value?> inputs, IDictionary<Value, Tensor> values)
    {
        var size = dim.Factor;
        foreach (var symbol in dim.Symbols)
        {
            var found = inputs
                .Where(input => input is not null && values.ContainsKey(input))
                .SelectMany(input => input!.Type.Shape.Select((of, axis) => (of, axis, input)))
                .FirstOrDefault(entry => entry.of == Dim.Of(symbol));
            size *= found.input is { } input
                ? values[input].Shape[found.axis]
                : throw new UnsupportedOperatorException("a loop of no iterations stacks nothing whose shape is known.");
        }
        return size;
    }
}
