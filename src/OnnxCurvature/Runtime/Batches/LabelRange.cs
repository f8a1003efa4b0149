using OnnxCurvature.Files;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>The check that labels name classes.</summary>
internal static class LabelRange
{
    /// <summary>Throws <see cref="UserErrorException"/> for the first label that names no class and is not ignored.</summary>
    /// <param name="array">The labels.</param>
    /// <param name="labels">Their range.</param>
    /// <param name="samples">Where samples lie in them.</param>
    /// <param name="names">How data and samples are named.</param>
    public static void Check(NpyArray array, ClassLabels labels, SampleLayout samples, SampleNames names)
    {
        foreach (var (position, label) in Labels(array))
            if ((label < 0 || label >= labels.Classes) && label != labels.Ignored)
                throw new UserErrorException(
                    $"{names.DataOfSample(labels.Input)} holds the label {label}{Place(position)}, and the labels of {labels.Classes} "
                        + $"classes are 0 to {labels.Classes - 1}; correct the labels, or leave some out with --ignore-index of "
                        + $"cross-entropy."
                );

        string Place(long position) => Where(array, position, samples, sample => names.Describe(labels.Input, sample));
    }

    /// <summary>The labels with their positions; a block is read at a time, so that labels of any number take little memory.</summary>
    public static IEnumerable<(long Position, long Label)> Labels(NpyArray array)
    {
        var inner = array.Shape.Skip(1).Aggregate(1L, (size, next) => size * next);
        var blocks = array.Shape.Length == 0 ? [(0, array)] : array.Blocks(0);
        foreach (var (start, block) in blocks)
        foreach (var (index, label) in block.ToInt64s().Index())
            yield return (start * inner + index, label);
    }

    private static string Where(NpyArray array, long position, SampleLayout samples, Func<long, string> describe)
    {
        var index = new long[array.Shape.Length];
        for (var axis = index.Length - 1; axis >= 0; axis--)
            (position, index[axis]) = Math.DivRem(position, array.Shape[axis]);
        var sample = samples.IsWhole && samples.Axis < index.Length ? $" in {describe(index[samples.Axis])}" : "";
        return index.Length == 0 || index.Length == 1 && sample.Length > 0 ? sample : $"{sample}, at [{string.Join(",", index)}]";
    }
}
