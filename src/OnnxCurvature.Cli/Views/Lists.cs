namespace OnnxCurvature.Cli.Views;

/// <summary>Lists of names in sentences.</summary>
internal static class Lists
{
    /// <summary>The most names that a sentence bears.</summary>
    private const int MostNames = 5;

    /// <summary>The first names, and how many more there are.</summary>
    public static string Short(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return all.Length <= MostNames
            ? string.Join(", ", all)
            : $"{string.Join(", ", all.Take(MostNames))} and {Figures.Count(all.Length - MostNames)} more";
    }
}
