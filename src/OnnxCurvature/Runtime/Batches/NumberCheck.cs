using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Logic;

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
    public static void Refuse(string name, NpyArray array, int? axis, long positions)
    {
        if (array.Shape.Length == 0)
        {
            if (HoldsNaN(array))
                throw Refused(name, "");
            return;
        }
        var along = axis ?? 0;
        foreach (var (start, block) in array.Blocks(along))
        {
            if (!HoldsNaN(block))
                continue;
            var first = 0;
            while (!HoldsNaN(block.Slice(along, first, first + 1)))
                first++;
            throw Refused(
                name,
                axis is null ? $" at index {start + first} of its first axis" : $" in sample {(start + first) / positions}, counted from 0"
            );
        }
    }

    private static UserErrorException Refused(string name, string where) =>
        new($"--data '{name}' holds NaN{where}, and no result would be a number; mend or leave out that part of the data.");

    /// <summary>Whether a program asks which numbers are NaN, so that data may hold them.</summary>
    public static bool TakesNaN(Program program) => program.Nodes.Any(node => node.Operator is IsNaN || node.Bodies.Any(TakesNaN));

    // No other magnitude makes a sum NaN.
    private static bool HoldsNaN(NpyArray array) =>
        array.Element switch
        {
            ElementType.Float32 => float.IsNaN(TensorPrimitives.SumOfMagnitudes<float>(MemoryMarshal.Cast<byte, float>(array.Data))),
            ElementType.Float64 => double.IsNaN(TensorPrimitives.SumOfMagnitudes<double>(MemoryMarshal.Cast<byte, double>(array.Data))),
            _ => Array.Exists(array.ToDoubles(), double.IsNaN),
        };
}
