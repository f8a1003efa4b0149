namespace OnnxCurvature.Onnx.Writing;

/// <summary>Files that are written beside their places and moved there together when all are complete. Until then nothing is changed.</summary>
internal sealed class PendingFiles : IDisposable
{
    private readonly List<(string Pending, string Target)> _files = [];

    /// <summary>Writes the contents of a file. Throws <see cref="UserErrorException"/> where that is not possible.</summary>
    public void Write(string target, Action<Stream> write)
    {
        var pending = $"{target}.{Environment.ProcessId}.part";
        try
        {
            using var stream = new FileStream(pending, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
            _files.Add((pending, target));
            write(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{target}' cannot be written: {exception.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>Moves the files to their places.</summary>
    public void Commit()
    {
        foreach (var (pending, target) in _files)
            File.Move(pending, target, overwrite: true);
        _files.Clear();
    }

    /// <summary>Removes what was not moved.</summary>
    public void Dispose()
    {
        foreach (var (pending, _) in _files)
            File.Delete(pending);
    }
}
