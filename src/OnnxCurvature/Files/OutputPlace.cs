using System.Text;

namespace OnnxCurvature.Files;

/// <summary>A place that a user named for a file to be written.</summary>
/// <param name="Path">The full path; without links where a file is written.</param>
/// <param name="IsStream">Whether a pipe or a device is there, which is written to and stays.</param>
internal readonly record struct OutputPlace(string Path, bool IsStream)
{
    /// <summary>The longest name of a file, in bytes, on all common file systems.</summary>
    private const int LongestName = 255;

    /// <summary>Finds the place. Throws <see cref="UserErrorException"/> where no file can be written there.</summary>
    /// <param name="path">The path as the user gave it.</param>
    public static OutputPlace Of(string path)
    {
        if (path.Length == 0)
            throw new UserErrorException("The name of the file to write is empty; give one.");
        var full = System.IO.Path.GetFullPath(path);
        if (System.IO.Path.EndsInDirectorySeparator(full) || Directory.Exists(full))
            throw new UserErrorException($"'{path}' is a folder, and a file is to be written; name a file in it.");
        if (IsStandard(full))
            throw new UserErrorException($"'{path}' receives what the command says, and a file cannot go there, too; name another.");
        var state = FileState.Of(full);
        if (state.Kind == FileKind.Stream)
            return new OutputPlace(full, IsStream: true);
        var real = RealPath.Of(full);
        var folder = System.IO.Path.GetDirectoryName(real);
        if (new FileInfo(real).LinkTarget is not null || new DirectoryInfo(folder ?? real).LinkTarget is not null)
            throw new UserErrorException($"'{path}' cannot be written, because its links lead in a circle; name another.");
        if (File.Exists(folder))
            throw new UserErrorException($"'{path}' cannot be written, because '{folder}' is a file and no folder; name another.");
        if (!Directory.Exists(folder))
            throw new UserErrorException(
                $"'{path}' cannot be written, because the folder '{folder}' does not exist; create it or name another."
            );
        if (Encoding.UTF8.GetByteCount(System.IO.Path.GetFileName(real)) > LongestName)
            throw new UserErrorException($"'{path}' cannot be written, because a name has at most {LongestName} bytes; shorten it.");
        if (Obstacle(state, real) is { } obstacle)
            throw new UserErrorException($"'{path}' cannot be replaced, because {obstacle}; name another file.");
        return new OutputPlace(real, IsStream: false);
    }

    /// <summary>Whether a pipe or a device stands at a path, so that nothing can be kept beside it.</summary>
    public static bool IsPipe(string path) => FileState.Of(System.IO.Path.GetFullPath(path)).Kind == FileKind.Stream;

    private static string? Obstacle(FileState state, string path) =>
        state.Kind == FileKind.Socket ? "it is a socket"
        : state.IsImmutable ? "it is marked as immutable"
        : state.IsMountPoint ? "another file is mounted there"
        : File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly) ? "it is read-only"
        : null;

    /// <summary>Whether a path names the standard output or the standard error of this process.</summary>
    private static bool IsStandard(string path) =>
        !OperatingSystem.IsWindows()
        && path is "/dev/stdout" or "/dev/stderr" or "/dev/fd/1" or "/dev/fd/2" or "/proc/self/fd/1" or "/proc/self/fd/2";
}
