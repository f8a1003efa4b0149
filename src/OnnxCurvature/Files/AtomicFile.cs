namespace OnnxCurvature.Files;

/// <summary>Writes files that are whole or not there: what stood at the path before stays until the new contents are complete.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes beside the path and renames at the end; where <paramref name="write"/> throws, the partial file is deleted. A symbolic
    /// link keeps its place and its target is replaced; pipes and devices are written to. Throws <see cref="UserErrorException"/> where the
    /// path cannot be written.
    /// </summary>
    public static void Write(string path, Action<Stream> write) => Write(path, write, SystemFiles.Instance);

    /// <summary>Writes by way of a file system. Nothing is moved to its place once <paramref name="cancellation"/> is asked for.</summary>
    internal static void Write(string path, Action<Stream> write, IFileSystem files, CancellationToken cancellation = default) =>
        TranslateErrors(
            path,
            () =>
            {
                var place = OutputPlace.Of(path);
                if (place.IsStream)
                {
                    using var device = new FileStream(place.Path, FileMode.Open, FileAccess.Write);
                    write(device);
                    return;
                }
                using var partial = new PartialFile(place.Path, files);
                write(partial.Stream);
                // To write what is buffered to a slow disk may take long.
                partial.Flush();
                cancellation.ThrowIfCancellationRequested();
                partial.Move();
            }
        );

    /// <summary>
    /// Finds out before hours of work whether a file can be written: throws the <see cref="UserErrorException"/> that
    /// <see cref="Write(string, Action{Stream})"/> would throw. A file at the path stays as it is.
    /// </summary>
    internal static void CheckWritable(string path, IFileSystem files)
    {
        // To open a pipe and close it would end what reads from it.
        if (OutputPlace.Of(path).IsStream)
            return;
        try
        {
            Write(path, _ => throw new OperationCanceledException(), files);
        }
        catch (OperationCanceledException)
        {
            // The partial file could be made, and is gone again.
        }
    }

    /// <summary>
    /// Does what writes a file, and makes one sentence of what the system says against it. Throws <see cref="UserErrorException"/>.
    /// </summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="write">Writes it.</param>
    internal static void TranslateErrors(string path, Action write)
    {
        try
        {
            write();
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{path}' may not be written; check the permissions of its folder or name another.");
        }
        catch (IOException exception) when (exception is not FileLoadException)
        {
            throw new UserErrorException($"'{path}' cannot be written ({UserFile.OneLine(exception)}); make room or name another folder.");
        }
    }
}
