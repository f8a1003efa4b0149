namespace OnnxCurvature.Files;

/// <summary>Writes files that are whole or not there: what stood at the path before stays until the new contents are complete.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes beside the path and renames at the end; where <paramref name="write"/> throws, the partial file is deleted. A symbolic
    /// link keeps its place and its target is replaced. Throws <see cref="UserErrorException"/> where the path cannot be written.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        if (path.Length == 0)
            throw new UserErrorException("The name of the file to write is empty; give one.");
        try
        {
            var target = Path.GetFullPath(path);
            if (IsDevice(target))
            {
                using var device = new FileStream(target, FileMode.Open, FileAccess.Write);
                write(device);
                return;
            }
            target = RealPath.Of(target);
            if (Directory.Exists(target))
                throw new UserErrorException($"'{path}' is a folder, and a file is to be written; name a file in it.");
            if (!Directory.Exists(Path.GetDirectoryName(target)))
                throw new UserErrorException(
                    $"'{path}' cannot be written, because the folder '{Path.GetDirectoryName(target)}' does not exist; create it or "
                        + $"name another."
                );
            Replace(target, write);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{path}' may not be written; check the permissions of its folder or name another.");
        }
        // Not what is missing or cannot be loaded: that can only be a file that the callback wanted.
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException or FileLoadException))
        {
            throw new UserErrorException($"'{path}' cannot be written ({UserFile.OneLine(exception)}); make room or name another folder.");
        }
    }

    private static void Replace(string target, Action<Stream> write)
    {
        using var partial = Create(target);
        write(partial.Stream);
        partial.Move();
    }

    private static PartialFile Create(string target)
    {
        try
        {
            return new PartialFile(target);
        }
        catch (FileNotFoundException)
        {
            // What folders of the kernel, /proc among them, answer.
            throw new UserErrorException($"'{target}' cannot be written, because its folder takes no files; name another.");
        }
    }

    /// <summary>Whether a full path is a device's: /dev/null and /dev/stdout are written to, and must never be replaced.</summary>
    internal static bool IsDevice(string target) => !OperatingSystem.IsWindows() && Path.GetDirectoryName(target) is "/dev" or "/dev/fd";
}
