namespace OnnxCurvature.Files;

/// <summary>
/// The steps by which files are written. Each may fail; tests let them fail one after another. All throw <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface IFileSystem
{
    /// <summary>Makes a new file, which other processes may delete but not open while it is written.</summary>
    Stream Create(string path);

    /// <summary>Writes what is buffered of a file to the disk itself.</summary>
    void Flush(Stream file);

    /// <summary>Gives a file another name in its folder, in one step, in place of a file that has that name.</summary>
    void Move(string from, string to);

    /// <summary>Writes the entries of a folder to the disk.</summary>
    void FlushFolder(string folder);

    /// <summary>Removes a file, if it is there.</summary>
    void Delete(string path);
}

/// <summary>The file system of the machine.</summary>
internal sealed class SystemFiles : IFileSystem
{
    private const int BufferBytes = 1 << 16;

    private SystemFiles() { }

    /// <summary>The one there is.</summary>
    public static IFileSystem Instance { get; } = new SystemFiles();

    /// <inheritdoc/>
    public Stream Create(string path) => new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, BufferBytes);

    /// <inheritdoc/>
    public void Flush(Stream file) => ((FileStream)file).Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Move(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void FlushFolder(string folder) => FolderSync.Flush(folder);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);
}
