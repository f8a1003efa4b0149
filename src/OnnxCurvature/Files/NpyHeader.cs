using System.Buffers.Binary;
using System.Text;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// The bytes before the elements of a .npy file, by NumPy's "NEP 1, a simple file format for NumPy arrays": the magic string, a
/// version (1.0, 2.0 or 3.0), the length of what follows, and a Python dictionary with the keys descr, fortran_order and shape.
/// </summary>
/// <param name="Element">The element type.</param>
/// <param name="BigEndian">Whether the bytes of an element stand most significant first.</param>
/// <param name="FortranOrder">Whether the first axis runs fastest.</param>
/// <param name="Shape">The sizes, outermost first.</param>
/// <param name="DataBytes">The bytes of all elements; elements and bytes are known to be countable by 63 bits.</param>
internal sealed record NpyHeader(ElementType Element, bool BigEndian, bool FortranOrder, long[] Shape, long DataBytes)
{
    // Headers of the supported types take about a hundred bytes; only structured types need more.
    private const int LongestDictionary = 1 << 16;

    /// <summary>The most axes of an array of numpy 2.</summary>
    private const int MostAxes = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>
    /// Reads a header, counts its bytes, and leaves the stream at the first element. Throws <see cref="UserErrorException"/> that names
    /// <paramref name="source"/>.
    /// </summary>
    public static NpyHeader Read(Stream stream, string source, out long headerBytes)
    {
        var start = new byte[8];
        var there = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (there == 0)
            throw new UserErrorException($"{source} is empty; write it anew with numpy.save.");
        if (!start.AsSpan().StartsWith(Magic[..Math.Min(there, Magic.Length)]))
            throw new UserErrorException($"{source} is no .npy file, for it does not begin as one; write it with numpy.save.");
        if (there < start.Length)
            throw CutOff(source);
        if (start[6] is < 1 or > 3)
            throw new UserErrorException(
                $"{source} has the .npy format version {start[6]}.{start[7]}, and 1.0 to 3.0 are known; write it anew with numpy.save."
            );
        var length =
            start[6] == 1
                ? BinaryPrimitives.ReadUInt16LittleEndian(ReadExactly(stream, 2, source))
                : BinaryPrimitives.ReadUInt32LittleEndian(ReadExactly(stream, 4, source));
        if (length > LongestDictionary)
            throw new UserErrorException(
                $"{source} has a header of {length} bytes, and no plain array needs more than {LongestDictionary}; write it anew with "
                    + $"numpy.save."
            );
        headerBytes = start.Length + (start[6] == 1 ? 2 : 4) + length;
        var text = (start[6] == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(ReadExactly(stream, (int)length, source));
        return new NpyDictionary(text, source).Parse();
    }

    /// <summary>Checks a shape and counts its bytes.</summary>
    public static NpyHeader Of(ElementType element, bool bigEndian, bool fortranOrder, long[] shape, string source)
    {
        if (shape.Length > MostAxes)
            throw new UserErrorException(
                $"{source} claims {shape.Length} axes, where numpy writes at most {MostAxes}; write it anew with numpy.save."
            );
        try
        {
            return new NpyHeader(element, bigEndian, fortranOrder, shape, checked(NpyArray.CountOf(shape) * element.Size()));
        }
        catch (OverflowException)
        {
            throw new UserErrorException(
                $"{source} claims the shape ({string.Join(", ", shape)}), which is more than any file holds; write it anew with numpy.save."
            );
        }
    }

    /// <summary>The header of a row-major little-endian array, padded so that the elements begin at a multiple of 64 bytes.</summary>
    public static byte[] Format(ElementType element, ReadOnlySpan<long> shape)
    {
        var sizes = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape.ToArray());
        var dictionary = $"{{'descr': '{Description(element)}', 'fortran_order': False, 'shape': ({sizes}), }}";
        const int prefix = 10;
        var total = (prefix + dictionary.Length + 1 + 63) / 64 * 64;
        var header = new byte[total];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        (header[6], header[7]) = (1, 0);
        // 32 sizes of 19 digits, more than NumPy takes, are below 64 KiB by far, so that version 1.0 always suffices.
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(total - prefix)));
        Encoding.ASCII.GetBytes(dictionary, header.AsSpan(prefix));
        header[^1] = (byte)'\n';
        return header;
    }

    private static string Description(ElementType element) =>
        element switch
        {
            ElementType.Float16 => "<f2",
            ElementType.Float32 => "<f4",
            ElementType.Float64 => "<f8",
            ElementType.Int8 => "|i1",
            ElementType.Int16 => "<i2",
            ElementType.Int32 => "<i4",
            ElementType.Int64 => "<i8",
            ElementType.UInt8 => "|u1",
            ElementType.UInt16 => "<u2",
            ElementType.UInt32 => "<u4",
            ElementType.UInt64 => "<u8",
            ElementType.Bool => "|b1",
            _ => throw new ArgumentException($"NumPy has no type for {element.DisplayName()}."),
        };

    private static byte[] ReadExactly(Stream stream, int count, string source)
    {
        var bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw CutOff(source);
    }

    private static UserErrorException CutOff(string source) =>
        new($"{source} ends within its .npy header; the file is cut off, so write it anew with numpy.save.");
}
