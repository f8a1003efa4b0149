using System.Globalization;

namespace OnnxCurvature.Runtime.Bounds;

/// <summary>A bound on memory that the system sets.</summary>
/// <param name="Bytes">The most bytes that the process may hold.</param>
/// <param name="Setter">The part of the system that sets it, as the subject of a sentence.</param>
internal readonly record struct SystemLimit(long Bytes, string Setter)
{
    /// <summary>The bytes of address space that are allowed, where a process does not start with so few; else null.</summary>
    public long? ScarceAddressSpace { get; init; }
}

/// <summary>
/// The memory that the system lets a process hold: the machine's memory, and on Linux its control groups, as those of containers, and the
/// limits that <c>ulimit</c> sets.
/// </summary>
/// <param name="root">The folder that holds <c>proc</c> and <c>sys</c>.</param>
internal sealed class SystemLimits(string root = "/")
{
    /// <summary>A control group also counts pages that the kernel keeps for the process.</summary>
    private const double ShareOfGroup = 0.95;

    private const string Group = "the control group of the process, as that of a container,";

    /// <summary>
    /// The least address space in which a process starts: .NET keeps half of a limit for its heap, and the other half must hold libraries
    /// and the stacks of threads. Measured with .NET 10 and ONNX Runtime 1.32.
    /// </summary>
    public const long LeastAddressSpace = 3400L << 20;

    /// <summary>
    /// Names of the limits of <c>ulimit</c> in the system's table, which of a process's sizes they bound, and with how little a process
    /// does not start.
    /// </summary>
    private static readonly (string Row, string Setter, string Bounded, string Resident, long Least)[] Rows =
    [
        ("Max address space", "ulimit -v", "VmSize", "VmRSS", LeastAddressSpace),
        ("Max data size", "ulimit -d", "VmData", "RssAnon", 0),
        ("Max resident set", "ulimit -m", "", "", 0),
    ];

    /// <summary>The smallest bound; none is larger than the memory of the machine.</summary>
    public SystemLimit Smallest() => All().MinBy(limit => limit.Bytes);

    private IEnumerable<SystemLimit> All() =>
        [new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, "the memory of this machine"), .. OfGroups(), .. OfUlimit()];

    /// <summary>
    /// The limits of the group and of those around it. A file names the group as it is seen from the host, which a container may not see;
    /// there the topmost folder is the group.
    /// </summary>
    private IEnumerable<SystemLimit> OfGroups()
    {
        foreach (var line in Lines("proc/self/cgroup"))
        {
            // The number of the hierarchy, its controllers, and the path of the group; without a number it is version 2.
            if (line.Split(':', 3) is not [_, var controllers, var path])
                continue;
            var isFirst = controllers.Split(',').Contains("memory", StringComparer.Ordinal);
            if (controllers.Length > 0 && !isFirst)
                continue;
            var (folder, files) = isFirst
                ? ("sys/fs/cgroup/memory", new[] { "memory.limit_in_bytes" })
                : ("sys/fs/cgroup", ["memory.max", "memory.high"]);
            for (var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries); ; parts = parts[..^1])
            {
                foreach (var file in files)
                    if (Lines(Path.Combine([folder, .. parts, file])) is [var text, ..] && Number(text) is { } bytes)
                        yield return new SystemLimit((long)(bytes * ShareOfGroup), Group);
                if (parts.Length == 0)
                    break;
            }
        }
    }

    /// <summary>
    /// The limits count address space, of which a process reserves more than it holds; what it reserves now stays reserved.
    /// </summary>
    private IEnumerable<SystemLimit> OfUlimit()
    {
        var sizes = Lines("proc/self/status")
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => 1024 * Number(parts[1].Replace("kB", "", StringComparison.Ordinal)) ?? 0);
        var lines = Lines("proc/self/limits");
        foreach (var (row, setter, bounded, resident, least) in Rows)
            if (
                lines.FirstOrDefault(line => line.StartsWith(row, StringComparison.Ordinal)) is { } line
                && line[row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
                && Number(soft) is { } bytes
            )
                yield return new SystemLimit(
                    bytes < least
                        ? 0
                        : Math.Max(0, bytes - Math.Max(0, sizes.GetValueOrDefault(bounded) - sizes.GetValueOrDefault(resident))),
                    setter
                )
                {
                    ScarceAddressSpace = bytes < least ? bytes : null,
                };
    }

    private string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(root, path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Other systems have no such file, and a container may hide it.
            return [];
        }
    }

    /// <summary>A number of bytes; null where it is no number, as for what is not limited.</summary>
    private static long? Number(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
