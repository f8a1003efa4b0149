using System.Buffers;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>Writes .npy files that numpy.load reads: version 1.0, little-endian, row-major.</summary>
internal static class NpyWriter
{
    // Large enough for fast writes, small beside any array that matters.
    private const int BlockElements = 1 << 16;

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, NpyArray array) => AtomicFile.Write(path, stream => Write(stream, array));

    /// <summary>Writes an array to a stream.</summary>
    public static void Write(Stream stream, NpyArray array)
    {
        stream.Write(NpyHeader.Format(array.Element, array.Shape));
        stream.Write(array.Data);
    }

    /// <summary>
    /// Writes doubles as elements of a type, rounded as <see cref="NpyArray.Of"/> rounds them, block by block, so that no second
    /// copy of a large array is made.
    /// </summary>
    public static void Write(Stream stream, ElementType element, ReadOnlySpan<long> shape, ReadOnlySpan<double> values)
    {
        if (NpyArray.CountOf(shape) != values.Length)
            throw new ArgumentException($"{values.Length} elements do not fill the shape [{string.Join(",", shape.ToArray())}].");
        stream.Write(NpyHeader.Format(element, shape));
        var size = element.Size();
        var buffer = ArrayPool<byte>.Shared.Rent(BlockElements * size);
        try
        {
            while (!values.IsEmpty)
            {
                var count = Math.Min(BlockElements, values.Length);
                var block = buffer.AsSpan(0, count * size);
                NpyArray.Encode(element, values[..count], block);
                stream.Write(block);
                values = values[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
