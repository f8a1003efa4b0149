using System.Collections.Immutable;

namespace OnnxCurvature.Files;

/// <summary>
/// The numbers that those of a file stand for: x = (scale · u − mean) / std, with a mean and a standard deviation for each channel, or one
/// of each for all. It is computed in float64 and rounded once, to float32.
/// </summary>
internal sealed record Scaling
{
    /// <summary>The factor.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The mean to subtract, for each channel or for all; none for zero.</summary>
    public ImmutableArray<double> Mean { get; init; } = [];

    /// <summary>The divisor, for each channel or for all; none for one.</summary>
    public ImmutableArray<double> Std { get; init; } = [];

    /// <summary>The number of channels that are distinguished; 1 where all are alike.</summary>
    public int Channels => Math.Max(1, Math.Max(Mean.Length, Std.Length));

    /// <summary>
    /// The axis of the channels of an array: the second one, as ONNX has it, or else the last, as image files have it. Throws
    /// <see cref="UserErrorException"/> where neither has as many positions as there are channels.
    /// </summary>
    /// <param name="name">The input.</param>
    /// <param name="shape">The array's shape.</param>
    public int AxisOf(string name, IReadOnlyList<long> shape)
    {
        foreach (var (what, numbers) in new[] { ("--mean", Mean), ("--std", Std) })
            if (numbers.Length > 1 && numbers.Length != Channels)
                throw new UserErrorException($"{what} gives {numbers.Length} numbers, and there are {Channels} channels; give as many.");
        if (Channels == 1)
            return 0;
        int[] fitting = [.. new[] { 1, shape.Count - 1 }.Where(axis => axis > 0 && axis < shape.Count && shape[axis] == Channels)];
        return fitting.Length > 0
            ? fitting[0]
            : throw new UserErrorException(
                $"--mean and --std give {Channels} channels, and --data '{name}' [{string.Join(",", shape)}] has as many along neither its "
                    + "second nor its last axis; give a number for each channel."
            );
    }

    /// <summary>The number that an element of a channel stands for.</summary>
    public double Of(double element, int channel) => (Scale * element - Number(Mean, channel, 0)) / Number(Std, channel, 1);

    /// <summary>Its description, by which two of them can be compared.</summary>
    public override string ToString() => FormattableString.Invariant($"scale {Scale:R}, mean {Text(Mean, "0")}, std {Text(Std, "1")}");

    private static string Text(ImmutableArray<double> numbers, string none) =>
        numbers.IsEmpty ? none : string.Join(",", numbers.Select(number => FormattableString.Invariant($"{number:R}")));

    private static double Number(ImmutableArray<double> numbers, int channel, double none)
    {
        if (numbers.IsEmpty)
            return none;
        return numbers.Length == 1 ? numbers[0] : numbers[channel];
    }
}
