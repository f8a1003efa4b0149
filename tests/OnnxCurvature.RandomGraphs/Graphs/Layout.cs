using System.Collections.Immutable;

namespace OnnxCurvature.RandomGraphs.Graphs;

/// <summary>A factor of an axis.</summary>
/// <param name="Size">Its size.</param>
/// <param name="IsSamples">Whether samples lie along it.</param>
internal readonly record struct Factor(int Size, bool IsSamples = false);

/// <summary>The factors of the axes of a value: the truth of the generator, from which nothing is proven.</summary>
/// <param name="Axes">For each axis its factors, outermost first.</param>
internal sealed record Layout(ImmutableArray<ImmutableArray<Factor>> Axes)
{
    /// <summary>A layout of axes that have one factor each.</summary>
    public static Layout Of(params Factor[] axes) => new([.. axes.Select(axis => ImmutableArray.Create(axis))]);

    /// <summary>A layout without samples.</summary>
    public static Layout Plain(params int[] sizes) => Of([.. sizes.Select(size => new Factor(size))]);

    public int Rank => Axes.Length;

    /// <summary>The sizes.</summary>
    public int[] Shape => [.. Axes.Select(SizeOf)];

    /// <summary>The axis that holds samples, by itself or among other things; −1 for none.</summary>
    public int SampleAxis => Enumerable.Range(0, Rank).FirstOrDefault(axis => Axes[axis].Any(factor => factor.IsSamples), -1);

    /// <summary>Whether an axis holds samples.</summary>
    public bool HoldsSamples(int axis) => Axes[axis].Any(factor => factor.IsSamples);

    /// <summary>The size of an axis.</summary>
    public int this[int axis] => SizeOf(Axes[axis]);

    /// <summary>With another plain axis in place of one.</summary>
    public Layout With(int axis, int size) => new(Axes.SetItem(axis, [new Factor(size)]));

    public Layout Insert(int axis, int size) => new(Axes.Insert(axis, [new Factor(size)]));

    public Layout Remove(int axis) => new(Axes.RemoveAt(axis));

    public Layout Permute(params int[] axes) => new([.. axes.Select(axis => Axes[axis])]);

    /// <summary>With one axis in place of an axis and the next.</summary>
    public Layout Merge(int axis) => new(Axes.RemoveAt(axis + 1).SetItem(axis, [.. Axes[axis], .. Axes[axis + 1]]));

    /// <summary>With two axes in place of one, the first of which takes so many of its factors.</summary>
    public Layout Split(int axis, int factors) => new(Axes.SetItem(axis, Axes[axis][..factors]).Insert(axis + 1, Axes[axis][factors..]));

    /// <summary>The sample that an element belongs to, by its place; −1 for none.</summary>
    public int SampleOf(int index)
    {
        var inner = 1;
        foreach (var factor in Axes.SelectMany(axis => axis).Reverse())
        {
            if (factor.IsSamples)
                return index / inner % factor.Size;
            inner *= factor.Size;
        }
        return -1;
    }

    /// <summary>As in <c>[N·3,2]</c>.</summary>
    public override string ToString() =>
        $"[{string.Join(",", Axes.Select(axis => string.Join("·", axis.Select(factor => factor.IsSamples ? "N" : $"{factor.Size}"))))}]";

    private static int SizeOf(ImmutableArray<Factor> axis) => axis.Aggregate(1, (size, factor) => size * factor.Size);
}
