using System.Collections.Immutable;

namespace OnnxCurvature;

/// <summary>Offers names like one that was not found.</summary>
internal static class Suggestions
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
    public static string Among(string name, params string[] words) => Among(name, words, ImmutableDictionary<string, string>.Empty);

    /// <summary>
    /// A clause that lists a few fixed words, and first the one that is meant: where a few typing errors lead to it, or other programs
    /// call it so. Case, and what stands between the parts of a name, do not matter.
    /// </summary>
    /// <param name="name">The name that was not found.</param>
    /// <param name="words">The words that there are.</param>
    /// <param name="elsewhere">The word for each name of another program, which is in lower case and without hyphens.</param>
    public static string Among(string name, IReadOnlyCollection<string> words, IReadOnlyDictionary<string, string> elsewhere)
    {
        var all = string.Join(", ", words);
        var plain = Plain(name);
        if (elsewhere.GetValueOrDefault(plain) is { } known)
            return $"here it is called '{known}', and all are {all}";
        var nearest = words.FirstOrDefault(word => Plain(word) == plain) ?? words.MinBy(word => Distance(name, word))!;
        return name.Length > 0 && (Plain(nearest) == plain || Distance(name, nearest) <= Math.Max(2, nearest.Length / 3))
            ? $"the nearest is '{nearest}', and all are {all}"
            : $"give one of {all}";
    }

    /// <summary>A name in lower case, without what stands between its parts.</summary>
    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

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
