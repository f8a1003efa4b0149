using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// Looks for NaN in data before anything is computed of them. Infinities are taken, since masks hold them.
/// </summary>
internal static class NumberCheck
{
    /// <summary>Throws <see cref="UserErrorException"/> that names the first sample with NaN. The array is read block by block.</summary>
    /// <param name="name">The input that the array is for.</param>
    /// <param name="array">Floating-point numbers.</param>
    /// <param name="axis">The axis along which samples lie; null where the array holds none.</param>
    /// <param name="positions">The positions of the axis that belong to one sample.</param>
    /// <param name="names">How data and samples are named.</param>
    /// <param name="progress">Receives how much has been read, since a large file takes a while; null for nothing.</param>
    public static void Refuse(
        string name,
        NpyArray array,
        int? axis,
        long positions,
        SampleNames names,
        IProgress<RunProgress>? progress = null
    )
    {
        if (array.Shape.Length == 0 && HoldsNaN(array))
            throw Refused(names.DataOfSample(name), "");
        if (array.Shape.Length > 0 && Positions(name, array, axis ?? 0, progress).Cast<long?>().FirstOrDefault() is { } first)
            throw Refused(
                names.DataOfSample(name),
                axis is null ? $" at index {first} of its first axis" : $" in {names.Describe(name, first / positions)}"
            );
    }

    /// <summary>The samples that hold NaN, ascending. The array is read block by block.</summary>
    /// <param name="name">The input that the array is for.</param>
    /// <param name="array">Floating-point numbers.</param>
    /// <param name="axis">The axis along which samples lie.</param>
    /// <param name="positions">The positions of the axis that belong to one sample.</param>
    /// <param name="progress">Receives how much has been read; null for nothing.</param>
    public static IEnumerable<long> Samples(string name, NpyArray array, int axis, long positions, IProgress<RunProgress>? progress) =>
        Positions(name, array, axis, progress).Select(position => position / positions).Distinct();

    /// <summary>Whether a program asks which numbers are NaN, so that data may hold them.</summary>
    public static bool TakesNaN(Program program) =>
        program.Nodes.Any(node => node.Operator is Operator { AsksForNaN: true } || node.Bodies.Any(TakesNaN));

    /// <summary>The positions of an axis whose slices hold NaN, ascending.</summary>
    private static IEnumerable<long> Positions(string name, NpyArray array, int axis, IProgress<RunProgress>? progress)
    {
        foreach (var (start, block) in array.Blocks(axis))
        {
            progress?.Report(new RunProgress((double)start / array.Shape[axis], $"looking for NaN in '{name}'", RunPhase.Plan));
            if (!HoldsNaN(block))
                continue;
            for (var position = 0; position < block.Shape[axis]; position++)
                if (HoldsNaN(block.Slice(axis, position, position + 1)))
                    yield return start + position;
        }
    }

    private static UserErrorException Refused(string data, string where) =>
        new(
            $"{data} holds NaN{where}, and no result would be a number; mend that part of the data, or leave out such samples "
                + "with --skip-bad."
        );

    // No other magnitude makes a sum NaN.
    private static bool HoldsNaN(NpyArray array) =>
        array.Element switch
        {
            ElementType.Float32 => float.IsNaN(TensorPrimitives.SumOfMagnitudes<float>(MemoryMarshal.Cast<byte, float>(array.Data))),
            ElementType.Float64 => double.IsNaN(TensorPrimitives.SumOfMagnitudes<double>(MemoryMarshal.Cast<byte, double>(array.Data))),
            _ => Array.Exists(array.ToDoubles(), double.IsNaN),
        };
}
