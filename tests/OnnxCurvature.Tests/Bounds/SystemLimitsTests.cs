using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Bounds;

/// <summary>The limits of the system on a process, read from files as Linux has them.</summary>
public sealed class SystemLimitsTests : IDisposable
{
    private const string Unlimited = "Max address space         unlimited            unlimited            bytes\n";

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    // A container sees its own group as the topmost one.
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max", "100000000\n", 95_000_000)]
    [InlineData("0::/a/b\n", "sys/fs/cgroup/a/memory.max", "100000000\n", 95_000_000)]
    [InlineData("0::/a/b\n", "sys/fs/cgroup/a/b/memory.high", "100000000\n", 95_000_000)]
    [InlineData("5:cpu:/c\n4:memory:/m\n", "sys/fs/cgroup/memory/m/memory.limit_in_bytes", "100000000\n", 95_000_000)]
    [InlineData("4:memory:/of/the/host\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "100000000\n", 95_000_000)]
    public void The_lowest_limit_of_the_control_groups_around_a_process_counts(string groups, string file, string text, long bytes)
    {
        Write("proc/self/cgroup", groups);
        Write(file, text);
        var limit = new SystemLimits(_root.Path).Smallest();
        Assert.Equal(bytes, limit.Bytes);
        Assert.StartsWith("the control group", limit.Setter, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max", "max\n")]
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max", "9223372036854771712\n")]
    [InlineData("0::/\n", "sys/fs/cgroup/other/memory.max", "100000000\n")]
    [InlineData("2:cpu:/\n", "sys/fs/cgroup/memory.max", "100000000\n")]
    [InlineData("no group", "proc/self/limits", Unlimited)]
    public void Without_limits_the_memory_of_the_machine_counts(string groups, string file, string text)
    {
        Write("proc/self/cgroup", groups);
        Write(file, text);
        var limit = new SystemLimits(_root.Path).Smallest();
        Assert.Equal("the memory of this machine", limit.Setter);
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, limit.Bytes);
    }

    [Theory]
    // Of 2,000 kB of address space the process holds 500, so that 1,500 are left out.
    [InlineData("Max address space         4096000000           unlimited            bytes\n", "ulimit -v", 4_096_000_000 - 1_500 * 1024)]
    // With so little a process does not start.
    [InlineData("Max address space         3500000000           unlimited            bytes\n", "ulimit -v", 0)]
    [InlineData("Max data size             4096000              4096000              bytes\n", "ulimit -d", 4_096_000 - 700 * 1024)]
    [InlineData("Max resident set          4096000              unlimited            bytes\n", "ulimit -m", 4_096_000)]
    [InlineData(Unlimited + "Max data size             1                    4096000              bytes\n", "ulimit -d", 0)]
    public void Limits_of_address_space_leave_out_what_is_only_reserved(string limits, string setter, long bytes)
    {
        Write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units\n" + limits);
        Write(
            "proc/self/status",
            "Name:\tdotnet\nVmSize:\t    2000 kB\nVmRSS:\t     500 kB\nRssAnon:\t     300 kB\nVmData:\t    1000 kB\n"
        );
        var limit = new SystemLimits(_root.Path).Smallest();
        Assert.Equal((bytes, setter), (limit.Bytes, limit.Setter));
        Assert.Equal(limits.Contains("3500000000", StringComparison.Ordinal) ? 3_500_000_000 : (long?)null, limit.ScarceAddressSpace);
    }

    [Theory]
    [InlineData(1000, 5000, 0, 1000, null)]
    [InlineData(9000, 5000, 0, 5000, "a limit")]
    public void The_lower_of_what_is_asked_for_and_what_the_system_allows_holds(
        long asked,
        long system,
        long held,
        long bytes,
        string? setter
    )
    {
        var bound = MemoryBound.Of(asked, new SystemLimit(system, "a limit"), held);
        Assert.Equal((bytes, setter), (bound.Bytes, bound.Setter));
        Assert.Equal(setter is null ? 0 : 1, bound.Notes.Count());
    }

    [Fact]
    public void A_process_whose_libraries_do_not_fit_is_refused_at_once()
    {
        MemoryBound.CheckSystem(new SystemLimit(MemoryBound.ProcessBytes, "ulimit -v"));
        var error = Assert.Throws<UserErrorException>(() => MemoryBound.CheckSystem(new SystemLimit(64L << 20, "ulimit -v")));
        Assert.Equal(
            "The process may take 64 MiB, since ulimit -v allows no more than that, and its libraries take 110 MiB; "
                + "let the process have more there.",
            error.Message
        );
        var scarce = new SystemLimit(0, "ulimit -v") { ScarceAddressSpace = 3000L << 20 };
        Assert.Equal(
            "ulimit -v allows 3000 MiB of address space, and .NET and ONNX Runtime reserve 3400 MiB; allow more there, and bound memory "
                + "with --memory.",
            Assert.Throws<UserErrorException>(() => MemoryBound.CheckSystem(scarce)).Message
        );
    }

    [Fact]
    public void Memory_of_the_program_around_the_library_is_no_part_of_a_run()
    {
        var (asked, own) = (1L << 30, 5L << 30);
        var bound = MemoryBound.Of(asked, new SystemLimit(8L << 30, "a limit"), own + MemoryBound.ProcessBytes);
        Assert.Equal((asked, own), (bound.Bytes, bound.HeldBefore));
        Assert.Equal(1L << 29, MemoryBound.Of(asked, new SystemLimit(own + (1L << 29), "a limit"), own + MemoryBound.ProcessBytes).Bytes);
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
