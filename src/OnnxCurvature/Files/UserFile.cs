using System.Text.RegularExpressions;

namespace OnnxCurvature.Files;

/// <summary>Opens files that the user named.</summary>
internal static partial class UserFile
{
    /// <summary>
    /// Opens a file for reading, from any position. The content of a pipe is copied to a file without a name first, which is gone when
    /// the stream is closed. Throws <see cref="UserErrorException"/> where it is not there or cannot be read.
    /// </summary>
    public static FileStream OpenRead(string path)
    {
        if (path.Length == 0)
            throw new UserErrorException("The name of a file to read is empty; give one.");
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return file.CanSeek ? file : Spooled(file, path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"There is no file '{path}'; check the path.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException(
                Directory.Exists(path)
                    ? $"'{path}' is a folder, and a file is needed; name a file in it."
                    : $"'{path}' may not be read; check the permissions of the file and of its folder."
            );
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            throw new UserErrorException($"'{path}' cannot be read ({OneLine(exception)}); check the path.");
        }
    }

    /// <summary>The system's words for an error, as part of a sentence, without the path, which the sentence names already.</summary>
    public static string OneLine(Exception exception) =>
        NamedPath().Replace(exception.Message.ReplaceLineEndings(" "), "").Trim().TrimEnd('.').TrimEnd();

    /// <summary>The contents of a pipe, in a temporary file.</summary>
    private static FileStream Spooled(FileStream pipe, string path)
    {
        using (pipe)
        {
            var copy = Path.Combine(Path.GetTempPath(), $"onnx-curvature-{Guid.NewGuid():N}");
            var file = new FileStream(copy, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
            try
            {
                // Nobody needs its name, and without one it is gone even when the process is killed.
                if (!OperatingSystem.IsWindows())
                    File.Delete(copy);
                pipe.CopyTo(file);
                file.Position = 0;
                return file;
            }
            catch (IOException exception)
            {
                file.Dispose();
                throw new UserErrorException(
                    $"The contents of the pipe '{path}' cannot be kept in '{Path.GetTempPath()}' ({OneLine(exception)}); write them to a "
                        + $"file, and name that."
                );
            }
        }
    }

    // "No space left on device : '/a/b'"
    [GeneratedRegex(@"\s*(:|\bin\b)?\s*'/[^']*'")]
    private static partial Regex NamedPath();
}
