using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// An array of a .npz file, of which rows are unpacked when they are needed. An archive can be read forward only: rows that follow each
/// other are read once, and rows before them by beginning anew.
/// </summary>
internal sealed class NpzMember : IArraySource, IDisposable
{
    private const int SkippedBytes = 1 << 16;

    private readonly NpzReader _archive;
    private readonly string _name;
    private readonly string _source;
    private readonly NpyHeader _header;
    private readonly Lock _gate = new();
    private Stream? _stream;
    private long _row;

    /// <summary>Opens an archive and reads the header of an array in it. Throws <see cref="UserErrorException"/>.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="name">The array; null for the only one there is.</param>
    public NpzMember(string path, string? name)
    {
        _archive = NpzReader.Open(path);
        try
        {
            _name = name ?? OnlyOne(path);
            _source = $"'{_name}' of '{path}'";
            _header = _archive.HeaderOf(_name);
        }
        catch
        {
            _archive.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ElementType Element => _header.Element;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => _header.Shape;

    /// <inheritdoc/>
    public NpyArray ReadSlice(int axis, long start, long end)
    {
        if (axis > 0 || _header.FortranOrder && _header.Shape.Length > 1)
            return ReadAll().Slice(axis, start, end);
        lock (_gate)
            return _archive.Unpack(_name, () => ReadRows(start, end));
    }

    /// <inheritdoc/>
    public NpyArray ReadAll()
    {
        lock (_gate)
            return _archive.Read(_name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _archive.Dispose();
    }

    private NpyArray ReadRows(long start, long end)
    {
        if (_stream is null || start < _row)
        {
            _stream?.Dispose();
            _stream = _archive.OpenRows(_name);
            _row = 0;
        }
        Skip((start - _row) * NpyArray.CountOf(_header.Shape.AsSpan(1)) * Element.Size());
        _row = end;
        return NpyReader.ReadNext(_stream, _header, start, end, _source);
    }

    private void Skip(long bytes)
    {
        var buffer = new byte[(int)Math.Min(SkippedBytes, bytes)];
        while (bytes > 0)
        {
            var count = (int)Math.Min(buffer.Length, bytes);
            _stream!.ReadExactly(buffer, 0, count);
            bytes -= count;
        }
    }

    private string OnlyOne(string path)
    {
        string[] names = [.. _archive.Names.Order(StringComparer.Ordinal)];
        return names switch
        {
            [var only] => only,
            [] => throw new UserErrorException($"'{path}' holds no array; write it anew with numpy.savez."),
            [var first, ..] => throw new UserErrorException(
                $"'{path}' holds the arrays {string.Join(", ", names.Select(name => $"'{name}'"))}; "
                    + $"name one, as in {Path.GetFileName(path)}:{first}."
            ),
        };
    }
}
