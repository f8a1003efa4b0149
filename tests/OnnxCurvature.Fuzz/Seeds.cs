namespace OnnxCurvature.Fuzz;

/// <summary>The inputs that mutation begins with.</summary>
internal static class Seeds
{
    private const int LargestSeed = 1 << 15;

    /// <summary>The small files of the target's kind in folders and below.</summary>
    public static IReadOnlyList<byte[]> Of(FuzzTarget target, IEnumerable<string> folders) =>
        [
            .. folders
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + target.Extension, SearchOption.AllDirectories))
                .Order(StringComparer.Ordinal)
                .Where(path => new FileInfo(path).Length is > 0 and <= LargestSeed)
                .Select(File.ReadAllBytes),
        ];
}
