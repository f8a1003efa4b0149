namespace OnnxCurvature.Cli.Commands;

/// <summary>Keeps commands from writing over what they read.</summary>
internal static class Overwriting
{
    /// <summary>Throws <see cref="UserErrorException"/> where the output is one of the files that are read.</summary>
    public static void Refuse(string output, params IEnumerable<string> inputs)
    {
        foreach (var input in inputs)
            if (string.Equals(RealPath(output), RealPath(input), StringComparison.Ordinal))
                throw new UserErrorException($"--output '{output}' is the file '{input}' that is read; name another file.");
    }

    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (IOException)
        {
            // A link that leads nowhere or round in circles; opening it gives the error.
            return full;
        }
    }
}
