namespace OnnxCurvature.Files;

/// <summary>
/// A file that is written beside its place, under a name of its own, and moved there when it is complete. Until then nothing at the place
/// changes. What an earlier process left behind when it was killed is removed first.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Suffix = ".partial";

    private readonly string _path;
    private bool _isMoved;

    /// <summary>Makes an empty file for a place. Throws <see cref="IOException"/> where its folder takes none.</summary>
    /// <param name="target">The full path of the place, without links.</param>
    public PartialFile(string target)
    {
        Target = target;
        Sweep(target);
        // In the same folder, because only within one file system is a rename a single step.
        _path = Path.Combine(FolderOf(target), $"{Prefix(target)}{Guid.NewGuid():N}{Suffix}");
        Stream = new FileStream(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, 1 << 16);
    }

    /// <summary>The place.</summary>
    public string Target { get; }

    /// <summary>Where the contents are written. The lock on it shows other processes that somebody still writes.</summary>
    public FileStream Stream { get; }

    /// <summary>Writes what is buffered to the disk itself.</summary>
    public void Flush() => Stream.Flush(flushToDisk: true);

    /// <summary>Moves the file to its place, or to another in the same folder, and writes the folder's entry to the disk.</summary>
    public void Move(string? target = null)
    {
        Flush();
        File.Move(_path, target ?? Target, overwrite: true);
        _isMoved = true;
        Stream.Dispose();
        FolderSync.Flush(FolderOf(Target));
    }

    /// <summary>Removes the file where it was not moved.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (!_isMoved)
            File.Delete(_path);
    }

    /// <summary>Removes partial files for a place that no process writes any more: nobody holds a lock on them.</summary>
    private static void Sweep(string target)
    {
        foreach (var left in Directory.EnumerateFiles(FolderOf(target), $"{Prefix(target)}*{Suffix}"))
            try
            {
                using (new FileStream(left, FileMode.Open, FileAccess.Read, FileShare.None))
                    File.Delete(left);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another process writes it, or it belongs to somebody else.
            }
    }

    private static string Prefix(string target) => $".{Path.GetFileName(target)}.";

    private static string FolderOf(string target) => Path.GetDirectoryName(target)!;
}
