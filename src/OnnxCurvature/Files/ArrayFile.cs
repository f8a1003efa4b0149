using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// One of many files, which is open only while a part of it is read, since a process may hold few files open. A file that changes while
/// a run reads it is refused.
/// </summary>
internal sealed class ArrayFile : IArraySource
{
    private readonly string _path;
    private readonly Func<IArraySource> _open;
    private readonly (long Length, DateTime Time) _state;
    private readonly long[] _shape;

    /// <summary>Opens the file for the first time and reads what it says of itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="open">Opens it; what it gives is disposed of where it can be.</param>
    public ArrayFile(string path, Func<IArraySource> open)
    {
        (_path, _open) = (path, open);
        _state = StateOf(path);
        var source = open();
        using (source as IDisposable)
            (Element, _shape) = (source.Element, [.. source.Shape]);
    }

    /// <inheritdoc/>
    public ElementType Element { get; }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => _shape;

    /// <inheritdoc/>
    public NpyArray ReadSlice(int axis, long start, long end) => Read(source => source.ReadSlice(axis, start, end));

    /// <inheritdoc/>
    public NpyArray ReadAll() => Read(source => source.ReadAll());

    private NpyArray Read(Func<IArraySource, NpyArray> read)
    {
        if (StateOf(_path) != _state)
            throw new UserErrorException($"'{_path}' was changed while it was in use; start the run again.");
        var source = _open();
        using (source as IDisposable)
            return read(source);
    }

    private static (long, DateTime) StateOf(string path)
    {
        var info = new FileInfo(path);
        return info.Exists ? (info.Length, info.LastWriteTimeUtc) : (-1, DateTime.MinValue);
    }
}
