namespace OnnxCurvature.Files;

/// <summary>
/// Writes folders that are whole or not there: files are written to a folder beside the place, which is renamed at the end.
/// </summary>
internal static class WholeFolder
{
    /// <summary>
    /// Throws <see cref="UserErrorException"/> where a folder cannot be written at a path: something is there already that holds files.
    /// </summary>
    public static void Check(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(full) || Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any())
            throw new UserErrorException($"'{path}' is there already and holds something; name a folder that is new or empty.");
        if (Path.GetDirectoryName(full) is not { } parent)
            throw new UserErrorException($"'{path}' is the root of the file system; name a folder in it.");
        if (!Directory.Exists(parent))
            throw new UserErrorException(
                $"'{path}' cannot be written, because the folder '{parent}' does not exist; create it or name another."
            );
    }

    /// <summary>Writes a folder, whole or not at all. Throws <see cref="UserErrorException"/>.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="write">Writes files into the folder that it is given.</param>
    public static void Write(string path, Action<string> write)
    {
        Check(path);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var partial = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.partial");
        AtomicFile.TranslateErrors(
            path,
            () =>
            {
                Directory.CreateDirectory(partial);
                try
                {
                    write(partial);
                    FolderSync.Flush(partial);
                    if (Directory.Exists(full))
                        Directory.Delete(full);
                    Directory.Move(partial, full);
                }
                finally
                {
                    if (Directory.Exists(partial))
                        Directory.Delete(partial, recursive: true);
                }
            }
        );
    }
}
