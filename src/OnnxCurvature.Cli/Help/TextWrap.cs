namespace OnnxCurvature.Cli.Help;

/// <summary>Breaks text at words.</summary>
internal static class TextWrap
{
    /// <summary>The lines of a text, each of at most <paramref name="width"/> characters unless a single word is longer.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        yield return line;
    }
}
