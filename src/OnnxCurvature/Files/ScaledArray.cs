using System.Runtime.InteropServices;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>An array whose numbers are scaled as they are read; its elements are float32.</summary>
/// <param name="array">The numbers of the file.</param>
/// <param name="scaling">The numbers that they stand for.</param>
/// <param name="channels">The axis of the channels.</param>
internal sealed class ScaledArray(NpyArray array, Scaling scaling, int channels) : IArraySource
{
    private readonly float[][]? _table = array.Element == ElementType.UInt8 ? TableOf(scaling) : null;

    /// <inheritdoc/>
    public ElementType Element => ElementType.Float32;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => array.Shape;

    /// <inheritdoc/>
    public bool MayHoldNaN => array.MayHoldNaN;

    /// <inheritdoc/>
    public NpyArray ReadSlice(int axis, long start, long end) =>
        Scaled(array.Slice(axis, start, end), axis == channels && scaling.Channels > 1 ? (int)start : 0);

    /// <inheritdoc/>
    public NpyArray ReadAll() => Scaled(array, 0);

    private NpyArray Scaled(NpyArray slice, int first)
    {
        var data = NpyReader.Allocate(ElementType.Float32, slice.Shape, "A part of --data");
        var scaled = MemoryMarshal.Cast<byte, float>(data.AsSpan());
        var inner = NpyArray.CountOf(slice.Shape.AsSpan(Math.Min(channels + 1, slice.Shape.Length)));
        var count = scaling.Channels == 1 ? 1 : slice.Shape[channels];
        // Positions of one channel lie together, in runs of the axes after it.
        var run = scaling.Channels == 1 ? scaled.Length : (int)inner;
        var (bytes, numbers) = _table is null ? ([], slice.ToDoubles()) : (slice.Data, Array.Empty<double>());
        for (var (start, channel) = (0, 0L); start < scaled.Length; start += run, channel = (channel + 1) % count)
        {
            var target = scaled.Slice(start, run);
            var at = (int)channel + first;
            if (_table is not null)
                Look(_table[at], bytes.AsSpan(start, run), target);
            else
                for (var index = 0; index < run; index++)
                    target[index] = (float)scaling.Of(numbers[start + index], at);
        }
        return new NpyArray(ElementType.Float32, slice.Shape, data);
    }

    private static void Look(float[] table, ReadOnlySpan<byte> codes, Span<float> target)
    {
        for (var index = 0; index < codes.Length; index++)
            target[index] = table[codes[index]];
    }

    private static float[][] TableOf(Scaling scaling) =>
        [
            .. Enumerable
                .Range(0, scaling.Channels)
                .Select(channel => Enumerable.Range(0, 256).Select(code => (float)scaling.Of(code, channel)).ToArray()),
        ];
}
