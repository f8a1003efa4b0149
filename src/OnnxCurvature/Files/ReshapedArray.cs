using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>An array whose shape has other axes of size one than the one that it is read from.</summary>
/// <param name="array">The array.</param>
/// <param name="shape">The shape.</param>
internal sealed class ReshapedArray(NpyArray array, long[] shape) : IArraySource
{
    /// <inheritdoc/>
    public ElementType Element => array.Element;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => shape;

    /// <inheritdoc/>
    public bool MayHoldNaN => array.MayHoldNaN;

    /// <inheritdoc/>
    public NpyArray ReadSlice(int axis, long start, long end)
    {
        if (shape[axis] == 1)
            return ReadAll().Slice(axis, start, end);
        // The axes that are no longer than one aside, both shapes have the same ones in the same order.
        var before = shape.Take(axis).Count(size => size != 1);
        var own = array.Shape.Index().Where(entry => entry.Item != 1).ElementAt(before).Index;
        long[] sliced = [.. shape];
        sliced[axis] = end - start;
        return new NpyArray(Element, sliced, array.Slice(own, start, end).Data);
    }

    /// <inheritdoc/>
    public NpyArray ReadAll() => new(Element, shape, array.Data);
}
