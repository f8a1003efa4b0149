using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Sparse tensors of a file: the elements that are not zero, and where they stand. They are computed with as dense ones.</summary>
internal static class SparseTensors
{
    /// <summary>
    /// A dense tensor. Positions are flat, [count], or tuples, [count, rank]. Throws <see cref="UserErrorException"/> where the sparse one
    /// is malformed or too large.
    /// </summary>
    public static Constant Dense(SparseTensorProto sparse, TensorReader tensors, string path, WorkBudget budget)
    {
        if (sparse.Values is null || sparse.Indices is null)
            throw Malformed("lacks its values or their positions");
        long[] shape = [.. sparse.Dims];
        if (shape.Any(size => size < 0))
            throw Malformed($"has the shape [{string.Join(",", shape)}], which has a negative size");
        budget.TakeTensor(TensorShape.Of(shape));
        var count = TensorShape.Of(shape).Elements.Factor;
        var (valuesOf, indicesOf) = (tensors.Read(sparse.Values), tensors.Read(sparse.Indices));
        if (valuesOf.Type.Element == ElementType.String)
            throw Malformed("holds strings, which are not supported");
        budget.TakeTensor(valuesOf.Type.Shape);
        budget.TakeTensor(indicesOf.Type.Shape);
        var (values, indices) = (valuesOf.Read(), indicesOf.Read());
        var isFlat = indices is { Element: ElementType.Int64, Rank: 1 } && indices.Shape[0] == values.Count;
        if (
            values.Rank != 1
            || !isFlat
                && !(
                    indices is { Element: ElementType.Int64, Rank: 2 }
                    && indices.Shape[0] == values.Count
                    && indices.Shape[1] == shape.Length
                )
        )
            throw Malformed($"holds values {values.Type} at positions {indices.Type}, which do not fit a shape of rank {shape.Length}");
        var dense = Tensor.Filled(values.Element, shape, 0);
        for (var index = 0; index < values.Count; index++)
        {
            long position = 0;
            for (var axis = 0; axis < (isFlat ? 1 : shape.Length); axis++)
            {
                var (at, size) = isFlat ? (indices.Integers[index], count) : (indices.Integers[index * shape.Length + axis], shape[axis]);
                if (at < 0 || at >= size)
                    throw Malformed($"has a value at the position {at} of {size}");
                position = position * size + at;
            }
            if (values.Element.HoldsFloats())
                dense.Floats[position] = values.Floats[index];
            else
                dense.Integers[position] = values.Integers[index];
        }
        return new InlineConstant(dense);

        UserErrorException Malformed(string what) => new($"The sparse tensor '{sparse.Values?.Name}' in '{path}' {what}.");
    }
}
