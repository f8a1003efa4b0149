using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>A tensor of numbers, or of 64-bit integers (booleans among them, as 0 and 1), row-major.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="Floats">Its numbers, or null.</param>
/// <param name="Integers">Its integers, or null.</param>
internal sealed record Data(int[] Shape, Number[]? Floats, long[]? Integers = null)
{
    public int Rank => Shape.Length;

    public int Count => Floats?.Length ?? Integers!.Length;

    /// <summary>The numbers, which there must be.</summary>
    public Number[] Numbers => Floats ?? throw new InvalidOperationException("A tensor of integers holds no numbers.");

    /// <summary>The number of elements of a shape.</summary>
    public static int CountOf(IEnumerable<int> shape) => shape.Aggregate(1, (count, size) => count * size);

    /// <summary>How far apart in memory neighbours along each axis are.</summary>
    public static int[] Strides(int[] shape)
    {
        var strides = new int[shape.Length];
        for (var (axis, stride) = (shape.Length - 1, 1); axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }

    /// <summary>All coordinates of a shape, in row-major order; the array that is given out is written over.</summary>
    public static IEnumerable<int[]> Coordinates(int[] shape)
    {
        var at = new int[shape.Length];
        for (var left = CountOf(shape); left > 0; left--)
        {
            yield return at;
            for (var axis = shape.Length - 1; axis >= 0 && ++at[axis] == shape[axis]; axis--)
                at[axis] = 0;
        }
    }

    /// <summary>The place of coordinates in memory.</summary>
    public int IndexOf(ReadOnlySpan<int> at)
    {
        var index = 0;
        for (var axis = 0; axis < Shape.Length; axis++)
            index = index * Shape[axis] + at[axis];
        return index;
    }

    /// <summary>A tensor of another shape, each element of which is one of this; null for zero.</summary>
    public Data Pick(int[] shape, Func<int[], int?> source)
    {
        var gathered = Coordinates(shape).Select(source).ToArray();
        return Floats is { } floats
            ? new Data(shape, [.. gathered.Select(index => index is { } i ? floats[i] : floats[0].Constant(0))])
            : new Data(shape, null, [.. gathered.Select(index => index is { } i ? Integers![i] : 0)]);
    }

    /// <summary>The same elements in another shape.</summary>
    public Data Reshaped(params int[] shape) => this with { Shape = shape };

    /// <summary>The same with axes in another order.</summary>
    public Data Transposed(params int[] axes)
    {
        var source = new int[axes.Length];
        return Pick([.. axes.Select(axis => Shape[axis])], at =>
        {
            for (var i = 0; i < axes.Length; i++)
                source[axes[i]] = at[i];
            return IndexOf(source);
        });
    }

    /// <summary>Repeated along axes of size 1, and along new ones before the first, to fill a shape.</summary>
    public Data Broadcast(int[] shape)
    {
        if (Shape.SequenceEqual(shape))
            return this;
        var (lead, strides) = (shape.Length - Rank, Strides(Shape));
        return Pick(shape, at =>
        {
            var index = 0;
            for (var axis = 0; axis < Rank; axis++)
                index += Shape[axis] == 1 ? 0 : at[lead + axis] * strides[axis];
            return index;
        });
    }

    /// <summary>The shape that shapes are broadcast to.</summary>
    public static int[] BroadcastShape(params int[][] shapes)
    {
        var result = new int[shapes.Max(shape => shape.Length)];
        Array.Fill(result, 1);
        foreach (var shape in shapes)
            for (var (axis, at) = (0, result.Length - shape.Length); axis < shape.Length; axis++, at++)
                result[at] = shape[axis] == 1 ? result[at] : shape[axis];
        return result;
    }

    /// <summary>An axis that may be counted from the end.</summary>
    public int Axis(long axis) => (int)(axis < 0 ? axis + Rank : axis);

    /// <summary>A function of every element.</summary>
    public Data Map(Func<Number, Number> function) => new(Shape, Array.ConvertAll(Numbers, number => function(number)));

    /// <summary>A function of every element and that of another tensor of the same shape, or one that is broadcast to it.</summary>
    public static Data Zip(Data a, Data b, Func<Number, Number, Number> function)
    {
        var shape = BroadcastShape(a.Shape, b.Shape);
        var (x, y) = (a.Broadcast(shape).Numbers, b.Broadcast(shape).Numbers);
        return new Data(shape, [.. x.Zip(y, function)]);
    }

    /// <summary>A function of the numbers along some axes, of which one is left of each.</summary>
    public Data Reduce(IReadOnlyCollection<int> axes, bool keep, Func<Number[], Number> function)
    {
        var kept = Shape.Select((size, axis) => axes.Contains(axis) ? 1 : size).ToArray();
        var groups = new List<Number>[CountOf(kept)];
        var index = 0;
        foreach (var at in Coordinates(Shape))
        {
            var group = 0;
            for (var axis = 0; axis < Rank; axis++)
                group = group * kept[axis] + (kept[axis] == 1 ? 0 : at[axis]);
            (groups[group] ??= []).Add(Numbers[index++]);
        }
        return new Data(
            keep ? kept : [.. Shape.Where((_, axis) => !axes.Contains(axis))],
            [.. groups.Select(group => function([.. group]))]
        );
    }

    /// <summary>A function of the numbers along an axis, that gives as many.</summary>
    public Data Along(int axis, Func<Number[], Number[]> function)
    {
        var (stride, size) = (Strides(Shape)[axis], Shape[axis]);
        var result = new Number[Count];
        for (var index = 0; index < Count; index++)
        {
            if (index / stride % size != 0)
                continue;
            var start = index;
            var line = function([.. Enumerable.Range(0, size).Select(i => Numbers[start + i * stride])]);
            for (var i = 0; i < size; i++)
                result[start + i * stride] = line[i];
        }
        return new Data(Shape, result);
    }
}
