using System.Security.Cryptography;
using System.Text;

namespace OnnxCurvature.Files;

/// <summary>
/// A file that is written beside its place, under a name of its own, and moved there when it is complete. Until then nothing at the place
/// changes. Files of earlier processes that were killed are removed first.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Suffix = ".partial";

    /// <summary>Names of more bytes are shortened, so that what is added to them leaves them valid.</summary>
    private const int LongestPrefix = 200;

    private readonly string _path;
    private readonly IFileSystem _files;
    private bool _isMoved;

    /// <summary>Makes an empty file for a place. Throws <see cref="IOException"/> where its folder takes none.</summary>
    /// <param name="target">The full path of the place, without links.</param>
    /// <param name="files">The file system that makes and moves it.</param>
    public PartialFile(string target, IFileSystem files)
    {
        Target = target;
        _files = files;
        Sweep(target);
        // In the same folder, because only within one file system is a rename a single step.
        _path = Path.Combine(FolderOf(target), $"{Prefix(target)}{Guid.NewGuid():N}{Suffix}");
        try
        {
            Stream = files.Create(_path);
        }
        catch (FileNotFoundException)
        {
            // The answer of folders of the kernel, /proc among them.
            throw new IOException("its folder takes no files");
        }
    }

    /// <summary>The place.</summary>
    public string Target { get; }

    /// <summary>Where the contents are written. The lock on it shows other processes that somebody still writes.</summary>
    public Stream Stream { get; }

    /// <summary>Whether others write to the same place now, or were killed while they did.</summary>
    public bool HasRivals =>
        Directory.EnumerateFiles(FolderOf(Target)).Any(path => path != _path && IsPartial(Path.GetFileName(path), Prefix(Target)));

    /// <summary>Writes what is buffered to the disk itself.</summary>
    public void Flush() => _files.Flush(Stream);

    /// <summary>
    /// Moves the file, which is flushed, to its place, or to another in the same folder, and writes the folder's entry to the disk.
    /// </summary>
    public void Move(string? target = null)
    {
        _files.Move(_path, target ?? Target);
        _isMoved = true;
        Stream.Dispose();
        _files.FlushFolder(FolderOf(Target));
    }

    /// <summary>Removes the file where it was not moved.</summary>
    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (IOException) when (!_isMoved)
        {
            // The buffered bytes do not fit the disk, and are not wanted.
        }
        if (!_isMoved)
            Remove(_path);
    }

    /// <summary>Removes partial files for a place that no process writes any more: nobody holds a lock on them.</summary>
    private void Sweep(string target)
    {
        var (start, folder) = (Prefix(target), FolderOf(target));
        // Not by a pattern: names may hold its signs.
        foreach (var left in Directory.EnumerateFiles(folder).Where(path => IsPartial(Path.GetFileName(path), start)))
            try
            {
                using (new FileStream(left, FileMode.Open, FileAccess.Read, FileShare.None))
                    Remove(left);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another process writes it, or it belongs to somebody else.
            }
    }

    private static bool IsPartial(string name, string start) =>
        name.StartsWith(start, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>Removes a file, if that is possible; else the next write to the place tries again.</summary>
    private void Remove(string path)
    {
        try
        {
            _files.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The error that led here is the one to report.
        }
    }

    private static string Prefix(string target)
    {
        var name = Path.GetFileName(target);
        return Encoding.UTF8.GetByteCount(name) <= LongestPrefix
            ? $".{name}."
            : $".{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}.";
    }

    private static string FolderOf(string target) => Path.GetDirectoryName(target)!;
}
