using System.Globalization;
using System.Text.RegularExpressions;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Sizes in bytes as people write them.</summary>
internal static partial class ByteSize
{
    /// <summary>
    /// Reads <c>512M</c>, <c>1.5G</c>, <c>4GiB</c> or a number of bytes. K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024; KB, MB,
    /// GB, TB are powers of 1000. Null for anything else, and for sizes below one byte or of 2⁶³ and more.
    /// </summary>
    public static long? Parse(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match)
            return null;
        var power = match.Groups["unit"].Value is { Length: > 0 } unit ? "KMGT".IndexOf(char.ToUpperInvariant(unit[0])) + 1 : 0;
        var thousand = match.Groups["suffix"].Value is "B" or "b" ? 1000.0 : 1024.0;
        var bytes = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * Math.Pow(thousand, power);
        return bytes is >= 1 and < long.MaxValue ? (long)bytes : null;
    }

    [GeneratedRegex(
        @"^(?<number>[0-9]+(\.[0-9]+)?)((?<unit>[KMGT])(?<suffix>i?B)?|B)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Pattern();
}
