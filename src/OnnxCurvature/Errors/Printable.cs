using System.Globalization;
using System.Text;

namespace OnnxCurvature;

/// <summary>
/// Makes text that holds names from a file fit for a terminal: a name may hold escape sequences that a terminal obeys, and may be
/// megabytes long.
/// </summary>
internal static class Printable
{
    private const int LongestWord = 300;
    private const int LongestLine = 1500;

    /// <summary>
    /// The text on one line. Control and format characters become <c>\uXXXX</c>, and line breaks become blanks. The middle of long words
    /// and of long lines is left out.
    /// </summary>
    public static string Line(string text)
    {
        if (text.Length <= LongestWord && !text.Any(NeedsEscape))
            return text;
        var words = Escaped(text).Split(' ').Select(word => Cut(word, LongestWord));
        return Cut(string.Join(' ', words), LongestLine);
    }

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            var letter = text[index];
            if (char.IsSurrogatePair(text, index))
                escaped.Append(letter).Append(text[++index]);
            else if (letter is '\n' or '\r' or '\t')
                escaped.Append(' ');
            else if (NeedsEscape(letter))
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                escaped.Append(letter);
        }
        return escaped.ToString();
    }

    private static bool NeedsEscape(char letter) =>
        char.GetUnicodeCategory(letter)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    /// <summary>The first two thirds and the end of a long text. The cut splits no pair of surrogates.</summary>
    private static string Cut(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var (start, end) = (longest * 2 / 3, text.Length - longest / 4);
        if (char.IsHighSurrogate(text[start - 1]))
            start--;
        if (char.IsLowSurrogate(text[end]))
            end++;
        return $"{text[..start]}…{text[end..]}";
    }
}
