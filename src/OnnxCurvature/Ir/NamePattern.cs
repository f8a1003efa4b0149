using System.Text.RegularExpressions;

namespace OnnxCurvature.Ir;

/// <summary>Patterns of names: <c>*</c> stands for any characters, <c>?</c> for one.</summary>
internal static class NamePattern
{
    /// <summary>Whether a text is a pattern, and not a name.</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether a name is the pattern itself or fits it.</summary>
    public static bool Fits(string pattern, string name) =>
        name == pattern || IsPattern(pattern) && Regex.IsMatch(name, $"^{Expression(pattern)}$", RegexOptions.CultureInvariant);

    private static string Expression(string pattern) =>
        Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal);
}
