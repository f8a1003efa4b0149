namespace OnnxCurvature.Files;

/// <summary>Paths without links in any of their parts, by which two names of one file are known to be that.</summary>
internal static class RealPath
{
    /// <summary>
    /// A path without links, of which the last parts need not exist. Links that lead nowhere, or in circles, stay as they are.
    /// </summary>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var root = Path.GetPathRoot(full)!;
        var real = root;
        foreach (var part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
            real = Resolved(Path.Combine(real, part));
        return real;
    }

    /// <summary>Throws <see cref="UserErrorException"/> where a file that is to be written has another part in the same command.</summary>
    /// <param name="output">The path of the file that is to be written.</param>
    /// <param name="inputs">The paths of the files that are read, and of other files that are written.</param>
    public static void RefuseOverwriting(string output, params IEnumerable<string> inputs)
    {
        if (output.Length == 0)
            throw new UserErrorException("The name of the file to write is empty; give one.");
        var target = Of(output);
        foreach (var input in inputs.Where(input => input.Length > 0))
            if (string.Equals(target, Of(input), StringComparison.Ordinal))
                throw new UserErrorException(
                    $"Writing '{output}' would overwrite '{input}', which the command uses, too; name another file."
                );
    }

    private static string Resolved(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (info.LinkTarget is null)
            return path;
        try
        {
            return info.ResolveLinkTarget(returnFinalTarget: true) is { } target ? Of(target.FullName) : path;
        }
        catch (IOException)
        {
            // Opening it gives the error.
            return path;
        }
    }
}
