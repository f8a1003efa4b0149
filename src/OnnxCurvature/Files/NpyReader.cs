using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// Reads a .npy file whole or by slices of the first axis, so that a data set need not fit in memory. The file is not trusted: every
/// length is checked before it is allocated, and objects are never loaded. All errors are <see cref="UserErrorException"/>.
/// </summary>
internal sealed class NpyReader : IArraySource, IDisposable
{
    /// <summary>Arrays of more bytes stay in their file.</summary>
    internal const long LargestInMemory = 1 << 24;

    private readonly Stream _stream;
    private readonly string _source;
    private readonly NpyHeader _header;
    private readonly long _dataStart;
    private readonly Lock _gate = new();
    private NpyArray? _reordered;

    private NpyReader(Stream stream, string source)
    {
        _stream = stream;
        _source = source;
        _header = NpyHeader.Read(stream, source, out _dataStart);
        CheckLength(_header, stream.Length - _dataStart, source);
    }

    /// <summary>The element type.</summary>
    public ElementType Element => _header.Element;

    /// <summary>The sizes, outermost first.</summary>
    public IReadOnlyList<long> Shape => _header.Shape;

    /// <summary>Opens a file and reads its header.</summary>
    public static NpyReader Open(string path)
    {
        var stream = UserFile.OpenRead(path);
        try
        {
            return new NpyReader(stream, $"'{path}'");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole file.</summary>
    public static NpyArray Read(string path)
    {
        using var reader = Open(path);
        return reader.ReadAll();
    }

    /// <summary>Reads all elements.</summary>
    public NpyArray ReadAll()
    {
        lock (_gate)
        {
            if (_reordered is not null)
                return _reordered;
            _stream.Position = _dataStart;
            return ReadBody(_stream, _header, _source);
        }
    }

    /// <summary>
    /// Reads the slice [start, end) of an axis, which the caller has checked. Of a column-major file a slice is strewn over all of the
    /// file, which is then read once and kept.
    /// </summary>
    NpyArray IArraySource.ReadSlice(int axis, long start, long end) => ReadSlice(axis, start, end);

    private NpyArray ReadSlice(int axis, long start, long end)
    {
        if (_header.FortranOrder && _header.Shape.Length > 1)
            return (_reordered ??= ReadAll()).Slice(axis, start, end);
        var inner = checked(NpyArray.CountOf(_header.Shape.AsSpan(axis + 1)) * Element.Size());
        var outer = NpyArray.CountOf(_header.Shape.AsSpan(0, axis));
        var piece = (end - start) * inner;
        long[] shape = [.. _header.Shape];
        shape[axis] = end - start;
        var header = NpyHeader.Of(Element, _header.BigEndian, fortranOrder: false, shape, _source);
        var data = Allocate(Element, shape, _source);
        lock (_gate)
            for (long at = 0; at < outer && piece > 0; at++)
            {
                _stream.Position = _dataStart + (at * _header.Shape[axis] + start) * inner;
                var part = data.AsSpan((int)(at * piece), (int)piece);
                if (_stream.ReadAtLeast(part, part.Length, throwOnEndOfStream: false) < part.Length)
                    throw CutOff(_header, _stream.Length - _dataStart, _source);
            }
        return Decoded(data, header);
    }

    /// <summary>
    /// Reads the slice [start, end) of the first axis. Throws <see cref="ArgumentOutOfRangeException"/> outside of the axis.
    /// </summary>
    public NpyArray ReadRows(long start, long end)
    {
        var size =
            _header.Shape.Length == 0
                ? throw new UserErrorException($"{_source} holds a single number, and an array with a first axis of samples is needed.")
                : _header.Shape[0];
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        return ReadSlice(0, start, end);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>Reads a whole array from a stream of which only the length is known.</summary>
    internal static NpyArray Read(Stream stream, long length, string source)
    {
        var header = NpyHeader.Read(stream, source, out var headerBytes);
        CheckLength(header, length - headerBytes, source);
        return ReadBody(stream, header, source);
    }

    /// <summary>Throws <see cref="UserErrorException"/> where fewer bytes are there than a header says.</summary>
    internal static void CheckLength(NpyHeader header, long available, string source)
    {
        if (header.DataBytes > available)
            throw CutOff(header, available, source);
    }

    /// <summary>
    /// Memory for the elements of an array. Throws <see cref="UserErrorException"/> where it holds more than one array can.
    /// </summary>
    internal static byte[] Allocate(ElementType element, IReadOnlyList<long> shape, string source)
    {
        var bytes = NpyHeader.Of(element, bigEndian: false, fortranOrder: false, [.. shape], source).DataBytes;
        return bytes <= Array.MaxLength
            ? GC.AllocateUninitializedArray<byte>((int)bytes)
            : throw new UserErrorException(
                $"{source} holds {bytes} bytes in one array, and at most {Array.MaxLength} can be taken at once; split it, "
                    + $"or save it row-major (C order) with numpy.save and take smaller batches."
            );
    }

    /// <summary>Reads the slice [start, end) of the first axis from a stream that stands at its first element.</summary>
    internal static NpyArray ReadNext(Stream stream, NpyHeader header, long start, long end, string source)
    {
        long[] shape = [end - start, .. header.Shape.Skip(1)];
        return ReadBody(stream, NpyHeader.Of(header.Element, header.BigEndian, fortranOrder: false, shape, source), source);
    }

    private static NpyArray ReadBody(Stream stream, NpyHeader header, string source)
    {
        var data = Allocate(header.Element, header.Shape, source);
        var read = stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
        if (read < data.Length)
            throw CutOff(header, read, source);
        return Decoded(data, header);
    }

    private static NpyArray Decoded(byte[] data, NpyHeader header)
    {
        if (header.BigEndian)
            ReverseBytes(data, header.Element.Size());
        if (header.Element == ElementType.Bool)
            for (var i = 0; i < data.Length; i++)
                data[i] = data[i] != 0 ? (byte)1 : (byte)0;
        if (header.FortranOrder && header.Shape.Length > 1)
            data = RowMajor(data, header.Shape, header.Element.Size());
        return new NpyArray(header.Element, header.Shape, data);
    }

    private static void ReverseBytes(byte[] data, int size)
    {
        switch (size)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var words = MemoryMarshal.Cast<byte, uint>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    /// <summary>Column-major elements in row-major order.</summary>
    private static byte[] RowMajor(byte[] data, long[] shape, int size)
    {
        var result = new byte[data.Length];
        if (data.Length == 0)
            return result;
        var strides = new long[shape.Length];
        long stride = size;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        var index = new long[shape.Length];
        long from = 0;
        for (var to = 0; to < result.Length; to += size)
        {
            data.AsSpan((int)from, size).CopyTo(result.AsSpan(to, size));
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < shape[axis])
                    break;
                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return result;
    }

    private static UserErrorException CutOff(NpyHeader header, long available, string source) =>
        new(
            $"{source} is cut off: its shape ({string.Join(", ", header.Shape)}) of {header.Element.DisplayName()} takes "
                + $"{header.DataBytes} bytes, and {available} are there; copy or write it anew."
        );
}
