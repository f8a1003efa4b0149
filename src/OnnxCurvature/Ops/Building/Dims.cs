using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>Makes values of shapes, for operators that take a shape as an input.</summary>
internal static class Dims
{
    /// <summary>
    /// A vector of 64-bit integers that holds a shape: a constant where all sizes are known, else put together at run time
    /// from the shapes of values that have the symbols as dimensions.
    /// </summary>
    public static Value ToValue(GraphBuilder b, TensorShape shape)
    {
        if (shape.IsKnown)
            return b.Vector(shape.Sizes);
        var parts = new List<Value>();
        var known = new List<long>();
        foreach (var dim in shape)
        {
            if (dim.Known is { } size)
            {
                known.Add(size);
                continue;
            }
            Flush();
            parts.Add(ToValue(b, dim));
        }
        Flush();
        return Concat.Of(b, parts, 0);

        void Flush()
        {
            if (known.Count > 0)
                parts.Add(b.Vector([.. known]));
            known.Clear();
        }
    }

    /// <summary>A vector of one 64-bit integer that holds a dimension.</summary>
    public static Value ToValue(GraphBuilder b, Dim dim)
    {
        if (dim.Known is { } size)
            return b.Vector(size);
        Value? product = dim.Factor == 1 ? null : b.Vector(dim.Factor);
        foreach (var symbol in dim.Symbols)
        {
            var (value, axis) = b.FindSymbol(symbol);
            var factor = Gather.Of(b, Structure.Shape.Of(b, value), b.Vector(axis), 0);
            product = product is null ? factor : Mul.Of(b, product, factor);
        }
        return product!;
    }
}
