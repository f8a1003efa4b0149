namespace OnnxCurvature.Ops.Evaluation;

/// <summary>Index arithmetic for the managed evaluation of operators.</summary>
internal static class Strided
{
    /// <summary>The row-major strides of a shape, in elements.</summary>
    public static long[] Strides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }

    /// <summary>For every element of a shape in row-major order, <c>offset + Σ index[axis] * strides[axis]</c>.</summary>
    public static int[] Positions(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, long offset = 0)
    {
        long count = 1;
        foreach (var size in shape)
            count = checked(count * size);
        var positions = new int[count];
        var index = new long[shape.Length];
        var position = offset;
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = checked((int)position);
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                position += strides[axis];
                if (++index[axis] < shape[axis])
                    break;
                position -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
        return positions;
    }
}
