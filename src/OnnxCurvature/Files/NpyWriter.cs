using System.Buffers;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>Writes .npy files that numpy.load reads: version 1.0, little-endian, row-major.</summary>
internal static class NpyWriter
{
    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, NpyArray array) => AtomicFile.Write(path, stream => Write(stream, array));

    /// <summary>Writes an array to a stream.</summary>
    public static void Write(Stream stream, NpyArray array)
    {
        stream.Write(NpyHeader.Format(array.Element, array.Shape));
        stream.Write(array.Data);
    }

    /// <summary>
    /// Writes numbers as elements of a type, rounded as <see cref="NpyArray.Of"/> rounds them, block by block, so that no second
    /// copy of a large array is made.
    /// </summary>
    public static void Write(Stream stream, ElementType element, ReadOnlySpan<long> shape, RealArray values)
    {
        if (NpyArray.CountOf(shape) != values.Length)
            throw new ArgumentException($"{values.Length} elements do not fill the shape [{string.Join(",", shape.ToArray())}].");
        stream.Write(NpyHeader.Format(element, shape));
        WriteElements(stream, element, values);
    }

    /// <summary>Writes numbers as elements of a type, without a header.</summary>
    public static void WriteElements(Stream stream, ElementType element, RealArray values)
    {
        var (size, wide) = (element.Size(), values.Buffer());
        var buffer = ArrayPool<byte>.Shared.Rent(RealArray.BlockLength * size);
        try
        {
            for (var start = 0; start < values.Length; start += RealArray.BlockLength)
            {
                var block = values.Block(start, values.Length, wide);
                var bytes = buffer.AsSpan(0, block.Length * size);
                NpyArray.Encode(element, block, bytes);
                stream.Write(bytes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
