using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The common part of GatherND and ScatterND: indices [*places, q] whose last axis holds tuples of q coordinates.</summary>
internal static class Tuples
{
    /// <summary>
    /// The indices with the coordinates of their first <paramref name="axes"/> axes put before those that they hold, so that the axes need
    /// no treatment of their own.
    /// </summary>
    public static Value WithCoordinates(GraphBuilder b, Value indices, int axes)
    {
        var shape = indices.Type.Shape;
        var parts = new List<Value>();
        for (var axis = 0; axis < axes; axis++)
        {
            var counted = Reshape.To(
                b,
                Count(b, shape[axis], indices.Type.Element),
                [.. Enumerable.Range(0, shape.Rank).Select(other => other == axis ? shape[axis] : 1)]
            );
            parts.Add(Expand.Of(b, counted, shape.With(shape.Rank - 1, 1)));
        }
        return Concat.Of(b, [.. parts, indices], shape.Rank - 1);
    }

    /// <summary>
    /// For each tuple the flat position in data where its slice begins. The first <paramref name="shared"/> axes of data and indices go
    /// together.
    /// </summary>
    public static int[] Positions(ImmutableArray<long> data, Tensor indices, int shared)
    {
        var strides = Strided.Strides(data.AsSpan());
        var width = (int)indices.Shape[^1];
        long[] places = [.. indices.Shape.Take(indices.Rank - 1)];
        var positions = Strided.Positions(places, [.. places.Select((_, axis) => axis < shared ? strides[axis] : 0)]);
        for (var i = 0; i < positions.Length; i++)
        for (var k = 0; k < width; k++)
        {
            var index = indices.Integers[i * width + k];
            positions[i] += (int)((index < 0 ? index + data[shared + k] : index) * strides[shared + k]);
        }
        return positions;
    }

    /// <summary>Positions with the elements of the slice that begins at each.</summary>
    public static int[] WithSlices(int[] positions, ImmutableArray<long> data, int depth)
    {
        var inner = (int)data.Skip(depth).Aggregate(1L, (product, size) => product * size);
        return [.. positions.SelectMany(_ => Enumerable.Range(0, inner), (start, offset) => start + offset)];
    }

    /// <summary>The number of coordinates of a tuple.</summary>
    public static int Width(Value indices) =>
        indices.Type.Rank == 0
            ? throw new UnsupportedOperatorException("indices of rank 0 hold no tuples.")
            : (int)(
                indices.Type.Shape[^1].Known
                ?? throw new UnsupportedOperatorException(
                    $"the number {indices.Type.Shape[^1]} of coordinates is not known; give the sizes of symbolic dimensions."
                )
            );

    private static Value Count(GraphBuilder b, Dim size, ElementType element)
    {
        if (size.Known is { } count)
            return b.Constant(Tensor.Of(element, [count], [.. Enumerable.Range(0, (int)count).Select(index => (long)index)]));
        var limit = Elementwise.Cast.Of(b, Reshape.To(b, Dims.ToValue(b, size), TensorShape.Scalar), element);
        return Catalogue
            .Get<Structure.Range>()
            .Apply(b, [b.Scalar(element, 0), limit, b.Scalar(element, 1)], types: [new TensorType(element, [size])])
            .Output;
    }
}
