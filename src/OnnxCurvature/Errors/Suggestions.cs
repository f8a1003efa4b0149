namespace OnnxCurvature;

/// <summary>Offers names like one that was not found.</summary>
public static class Suggestions
{
    private const int LongestName = 200;

    /// <summary>A clause that names the nearest of some names, or says that there are none.</summary>
    public static string For(string name, IEnumerable<string> names)
    {
        var near = names
            .Where(candidate => candidate.Length > 0)
            .Distinct()
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .OrderBy(entry => entry.Distance)
            .ThenBy(entry => entry.Name, StringComparer.Ordinal)
            .Take(3)
            .Select(entry => $"'{entry.Name}'")
            .ToArray();
        return near.Length == 0 ? "there are none" : "the nearest are " + string.Join(", ", near);
    }

    /// <summary>A clause that lists a few fixed words, and first the nearest of them where a few typing errors lead to it.</summary>
    public static string Among(string name, params string[] words)
    {
        var all = string.Join(", ", words);
        var nearest = words.MinBy(word => Distance(name, word))!;
        return name.Length > 0 && Distance(name, nearest) <= Math.Max(2, nearest.Length / 3)
            ? $"the nearest is '{nearest}', and all are {all}"
            : $"give one of {all}";
    }

    /// <summary>The number of insertions, deletions and replacements between two names; a containing name is near.</summary>
    private static int Distance(string a, string b)
    {
        // The time is that of the product of both lengths, and names of files may have any.
        a = a[..Math.Min(a.Length, LongestName)];
        b = b[..Math.Min(b.Length, LongestName)];
        if (b.Contains(a, StringComparison.OrdinalIgnoreCase) || a.Contains(b, StringComparison.OrdinalIgnoreCase))
            return 1;
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
                current[j] = Math.Min(
                    Math.Min(current[j - 1], previous[j]) + 1,
                    previous[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1)
                );
            previous = current;
        }
        return previous[b.Length];
    }
}
