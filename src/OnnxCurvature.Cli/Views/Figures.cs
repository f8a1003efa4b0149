using System.Globalization;

namespace OnnxCurvature.Cli.Views;

/// <summary>Numbers as they are shown, in the invariant culture.</summary>
internal static class Figures
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A computed value, to six significant digits; a float32 has seven.</summary>
    public static string Value(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A count, with separators: <c>2,359,296</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of samples, with the word.</summary>
    public static string Samples(long count) => $"{Count(count)} {(count == 1 ? "sample" : "samples")}";

    /// <summary>A share as a percentage; one that is neither none nor all is never shown as 0 % or 100 %.</summary>
    public static string Share(double share)
    {
        var percent = share * 100;
        return percent switch
        {
            0 => "0 %",
            < 0.01 => "< 0.01 %",
            > 99.99 and < 100 => "> 99.99 %",
            100 => "100 %",
            _ => percent.ToString("0.##", CultureInfo.InvariantCulture) + " %",
        };
    }

    /// <summary>Bytes in the unit that suits: <c>1.5 MiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        var unit = 0;
        // 1023.95 would be rounded to 1024.0 of a unit.
        for (; bytes >= (unit == 0 ? 1024 : 1023.95) && unit < ByteUnits.Length - 1; unit++)
            bytes /= 1024;
        return bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + ByteUnits[unit];
    }

    /// <summary>Floating-point operations in GFLOP, to three significant digits below 100: <c>0.0123</c>, <c>3,200</c>.</summary>
    public static string GigaFlops(double flops)
    {
        var giga = flops / 1e9;
        if (giga == 0)
            return "0";
        if (giga < 0.0001)
            return "< 0.0001";
        if (giga >= 99.95)
            return giga.ToString("N0", CultureInfo.InvariantCulture);
        var digits = Math.Max(0, 2 - (int)Math.Floor(Math.Log10(giga)));
        return Math.Round(giga, Math.Min(digits, 4)).ToString("0.####", CultureInfo.InvariantCulture);
    }

    /// <summary>A time: <c>&lt; 0.01 s</c>, <c>0.35 s</c>, <c>12.3 s</c>, <c>20 s</c>, <c>4 min 05 s</c>, <c>2 h 03 min</c>.</summary>
    public static string Duration(double seconds)
    {
        if (seconds is > 0 and < 0.005)
            return "< 0.01 s";
        if (seconds < 59.95)
            return seconds.ToString(seconds < 9.995 ? "0.##" : "0.#", CultureInfo.InvariantCulture) + " s";
        var whole = (long)Math.Round(seconds);
        return whole < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60} min {whole % 60:00} s")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} h {whole % 3600 / 60:00} min");
    }

    /// <summary>Indices: <c>[3,0,2]</c>; <c>[]</c> for a scalar.</summary>
    public static string Index(IEnumerable<long> index) => $"[{string.Join(",", index)}]";

    /// <summary>A bar of up to <paramref name="width"/> blocks for a part of the whole; a part above 0 shows at least a sliver.</summary>
    public static string Bar(double part, double whole, int width)
    {
        if (part <= 0 || whole <= 0)
            return "";
        var eighths = Math.Clamp((int)Math.Round(part / whole * width * 8), 1, width * 8);
        return new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : "▏▎▍▌▋▊▉"[eighths % 8 - 1].ToString());
    }
}
