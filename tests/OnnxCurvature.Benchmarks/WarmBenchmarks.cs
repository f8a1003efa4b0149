using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using OnnxCurvature.Files;
using OnnxCurvature.TestModels;

namespace OnnxCurvature.Benchmarks;

/// <summary>The warm cases, one session each, with BenchmarkDotNet's statistics and the managed memory that a run allocates.</summary>
[MemoryDiagnoser]
public class WarmBenchmarks
{
    private static string _models = "";
    private WarmWork? _warm;

    /// <summary>The computation.</summary>
    [ParamsSource(nameof(Works))]
    public string Work { get; set; } = "";

    /// <summary>The number of images.</summary>
    [Params(1, 8)]
    public int Images { get; set; }

    /// <summary>All that can be asked for.</summary>
    public static IEnumerable<string> Works => Worker.Works;

    /// <summary>Runs all of them, in this process, over models of a folder.</summary>
    internal static void Run(string models)
    {
        _models = models;
        BenchmarkRunner.Run<WarmBenchmarks>(
            ManualConfig
                .CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(ConsoleLogger.Default)
        );
    }

    /// <summary>Loads the model and makes the sessions.</summary>
    [GlobalSetup]
    public void Open()
    {
        var model = new Workspace(_models, withPeer: false, published: null).Prepare(Networks.Vgg16OfSmallImages(10), Images);
        _warm = Worker.Open(
            Work,
            model.Path,
            new Dictionary<string, NpyArray> { ["image"] = NpyReader.Read(model.Image), ["labels"] = NpyReader.Read(model.Labels) },
            "conv4_3.weight",
            1L << 30
        );
        _warm.Run();
    }

    /// <summary>One run.</summary>
    [Benchmark]
    public void Once() => _warm!.Run();

    /// <summary>Gives the sessions up.</summary>
    [GlobalCleanup]
    public void Close() => _warm?.Dispose();
}
