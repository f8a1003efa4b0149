using System.Globalization;
using System.Runtime.InteropServices;
using OnnxCurvature.Runtime.Sessions;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>The pool of a run's sessions lies in huge pages where the system gives any.</summary>
public sealed class HugePagesTests
{
    private const string Setting = "/sys/kernel/mm/transparent_hugepage/enabled";

    [Fact]
    public void Whole_pages_of_a_piece_are_asked_for()
    {
        SkipWithoutHugePages();
        const int bytes = 16 << 20;
        var piece = Marshal.AllocHGlobal(bytes);
        try
        {
            HugePages.Ask(piece, bytes);
            Assert.Contains("hg", FlagsAt(piece + bytes / 2));
        }
        finally
        {
            Marshal.FreeHGlobal(piece);
        }
    }

    [Fact]
    public void Huge_pages_are_asked_for_the_pool()
    {
        SkipWithoutHugePages();
        const double expected = 640 << 20;
        var arena = SharedArena.Use(new PoolSize(expected, null));
        // Another test may have the pool.
        for (; arena is null; arena = SharedArena.Use(new PoolSize(expected, null)))
            Thread.Sleep(20);
        using var pool = arena;
        Assert.Contains(Mappings(), mapping => mapping.End - mapping.Start > 0.95 * expected && mapping.Flags.Contains("hg"));
    }

    private static void SkipWithoutHugePages() =>
        Assert.SkipUnless(
            File.Exists(Setting) && File.ReadAllText(Setting).Contains("[madvise]", StringComparison.Ordinal),
            "This system does not give huge pages to those who ask for them."
        );

    private static string[] FlagsAt(nint address) =>
        Assert.Single(Mappings(), mapping => mapping.Start <= address && address < mapping.End).Flags;

    /// <summary>The mappings of this process, with the flags that the system gives them.</summary>
    private static List<(long Start, long End, string[] Flags)> Mappings()
    {
        var (mappings, range) = (new List<(long, long, string[])>(), (Start: 0L, End: 0L));
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var ends = words[0].Split('-');
            if (ends.Length == 2 && long.TryParse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start))
                range = (start, long.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            else if (words[0] == "VmFlags:")
                mappings.Add((range.Start, range.End, words[1..]));
        }
        return mappings;
    }
}
