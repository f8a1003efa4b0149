using OnnxCurvature.Ir;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>Which entries of a weight share a scale.</summary>
public enum Granularity
{
    /// <summary>All of them.</summary>
    Tensor,

    /// <summary>Those of an output channel.</summary>
    Channel,

    /// <summary>32 entries of an output channel that follow each other in the order input channel, window.</summary>
    Block32,

    /// <summary>128 such entries.</summary>
    Block128,
}

/// <summary>How a weight is rounded to integers.</summary>
/// <param name="Bits">The bits of an integer: 8 or 4.</param>
/// <param name="Granularity">Which entries share a scale.</param>
/// <param name="IsSymmetric">
/// Whether zero is the integer 0, and integers go from -(2^(b-1) - 1) to 2^(b-1) - 1; else they go from 0 to 2^b - 1 with a zero point.
/// </param>
public sealed record QuantizationScheme(int Bits, Granularity Granularity, bool IsSymmetric)
{
    private const int ScaleBytes = 4;

    /// <summary>Every scheme of 8 and 4 bits.</summary>
    public static IEnumerable<QuantizationScheme> All => Of(8).Concat(Of(4));

    /// <summary>The name: <c>int8 per channel</c>, <c>uint4 in blocks of 32</c>; unsigned integers have a zero point.</summary>
    public string Name =>
        $"{(IsSymmetric ? "" : "u")}int{Bits} "
        + Granularity switch
        {
            Granularity.Tensor => "per tensor",
            Granularity.Channel => "per channel",
            Granularity.Block32 => "in blocks of 32",
            Granularity.Block128 => "in blocks of 128",
            _ => throw new InvalidOperationException($"The granularity {Granularity} is unknown."),
        };

    /// <summary>The number of entries that share a scale, of a weight with so many entries in all and in an output channel.</summary>
    internal int GroupSize(int entries, int channelEntries) =>
        Granularity switch
        {
            Granularity.Tensor => entries,
            Granularity.Channel => channelEntries,
            Granularity.Block32 => Math.Min(32, channelEntries),
            _ => Math.Min(128, channelEntries),
        };

    /// <summary>
    /// The bytes of a weight that is rounded so: its integers, a scale for each group, and zero points where there are any.
    /// </summary>
    internal double Bytes(int entries, int channelEntries)
    {
        var size = GroupSize(entries, channelEntries);
        // Blocks do not go over the end of a channel.
        var groups = Granularity == Granularity.Tensor ? 1 : entries / channelEntries * WholeNumbers.DivideUp(channelEntries, size);
        return entries * Bits / 8.0 + groups * (ScaleBytes + (IsSymmetric ? 0 : Bits / 8.0));
    }

    private static IEnumerable<QuantizationScheme> Of(int bits) =>
        Enum.GetValues<Granularity>()
            .SelectMany(granularity =>
                (QuantizationScheme[])[new(bits, granularity, IsSymmetric: true), new(bits, granularity, IsSymmetric: false)]
            );
}
