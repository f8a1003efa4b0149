using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Machines;

/// <summary>
/// Measures what a core of this machine does in a second with ONNX Runtime, in less than half a second: a matrix product, products entry
/// by entry in the cache and in memory, nodes that do nothing else than start, and memory that is written to for the first time. The
/// shortest of several times counts, since other work on the machine only adds to it.
/// </summary>
internal static class MachineMeter
{
    private const double SecondsOfEach = 0.05;
    private const int FewestRuns = 4;
    private const int ProductSize = 512;
    private const int ProductRows = 256;
    private const int CachedEntries = 1 << 16;
    private const int CachedNodes = 32;
    private const int MemoryEntries = 1 << 21;
    private const int Launches = 256;
    private const int FreshBytes = 32 << 20;
    private const int FreshRuns = 3;

    /// <summary>
    /// The share of that which nodes of a program reach, on the average of networks of all kinds. Their operands were written by other
    /// nodes, lie in other places, and have less round sizes.
    /// </summary>
    private const double ShareOfProducts = 0.73;
    private const double ShareOfCache = 0.57;
    private const double ShareOfMemory = 0.33;

    /// <summary>How many times as long as a node of the same kind after the same kind a node of a program takes by itself.</summary>
    private const double Launch = 9;

    private const string CacheSize = "/sys/devices/system/cpu/cpu0/cache/index2/size";

    /// <summary>The profile of this machine; what is not measured is that of <see cref="MachineProfile.Default"/>.</summary>
    public static MachineProfile Measure()
    {
        var usual = MachineProfile.Default;
        var least = Seconds(Chain(1, Launches)) / Launches;
        var launch = Launch * least;
        // The overhead of a session is no arithmetic either, so it goes with the time of a node.
        var slowness = launch / usual.LaunchSeconds;
        return usual with
        {
            ProductFlops = ShareOfProducts * 2 * ProductRows * ProductSize * ProductSize / (Seconds(Product()) - least),
            CacheBytesPerSecond =
                ShareOfCache * Traffic(CachedEntries) / (Seconds(Chain(CachedEntries, CachedNodes)) / CachedNodes - least),
            MemoryBytesPerSecond = ShareOfMemory * Traffic(MemoryEntries) / (Seconds(Chain(MemoryEntries, 1)) - least),
            FreshBytesPerSecond = FreshBytes / FreshSeconds(),
            LaunchSeconds = launch,
            ThreadSeconds = usual.ThreadSeconds * slowness,
            StartSeconds = usual.StartSeconds * slowness,
            SessionSeconds = usual.SessionSeconds * slowness,
            NodeStartSeconds = usual.NodeStartSeconds * slowness,
            FileBytesPerSecond = usual.FileBytesPerSecond / slowness,
            CoreCacheBytes = CoreCache() ?? usual.CoreCacheBytes,
        };
    }

    /// <summary>Two inputs and an output.</summary>
    private static double Traffic(double entries) => 3 * entries * sizeof(float);

    private static Program Product()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [ProductRows, ProductSize]), "x");
        var y = b.Parameter(new TensorType(ElementType.Float32, [ProductSize, ProductSize]), "y");
        return b.Build([x, y], [new NamedValue("product", MatMul.Of(b, x, y))]);
    }

    /// <summary>x · y · y · …, entry by entry.</summary>
    private static Program Chain(int entries, int nodes)
    {
        var b = new GraphBuilder();
        var type = new TensorType(ElementType.Float32, [entries]);
        var (x, y) = (b.Parameter(type, "x"), b.Parameter(type, "y"));
        var last = x;
        for (var node = 0; node < nodes; node++)
            last = Catalogue.Get<Mul>().Apply(b, [last, y]).Output;
        return b.Build([x, y], [new NamedValue("product", last)]);
    }

    private static double Seconds(Program program)
    {
        using var session = new OrtProgram(program, new OrtSettings(AppContext.BaseDirectory, ExecutionProvider.Cpu, 1));
        OrtValue[] ones = [.. program.Parameters.Select(parameter => Ones(parameter.Type.Shape))];
        try
        {
            var (shortest, clock) = (double.PositiveInfinity, Stopwatch.StartNew());
            for (var run = 0; run < FewestRuns || clock.Elapsed.TotalSeconds < SecondsOfEach; run++)
            {
                var begin = Stopwatch.GetTimestamp();
                foreach (var output in session.Run(ones, _ => true, CancellationToken.None))
                    output.Dispose();
                shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }
            return shortest;
        }
        finally
        {
            foreach (var value in ones)
                value.Dispose();
        }
    }

    /// <summary>The time to write to memory of the system for the first time, in such pages as a run's pool has.</summary>
    private static unsafe double FreshSeconds()
    {
        var shortest = double.PositiveInfinity;
        for (var run = 0; run < FreshRuns; run++)
        {
            var memory = (byte*)NativeMemory.Alloc(FreshBytes);
            HugePages.Ask((nint)memory, FreshBytes);
            var begin = Stopwatch.GetTimestamp();
            for (var at = 0; at < FreshBytes; at += Environment.SystemPageSize)
                memory[at] = 1;
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            NativeMemory.Free(memory);
        }
        return shortest;
    }

    private static OrtValue Ones(TensorShape shape)
    {
        var entries = new float[shape.Elements.Factor];
        Array.Fill(entries, 1);
        return OrtValue.CreateTensorValueFromMemory(entries, [.. shape.Select(dim => dim.Factor)]);
    }

    /// <summary>The size of the second-level cache as Linux says it, <c>2048K</c>; null where it does not.</summary>
    private static double? CoreCache() =>
        File.Exists(CacheSize)
        && File.ReadAllText(CacheSize).Trim() is { Length: > 1 } text
        && text[^1] == 'K'
        && long.TryParse(text[..^1], out var kibibytes)
        && kibibytes > 0
            ? kibibytes << 10
            : null;
}
