using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Benchmarks;

/// <summary>The work of a measuring process.</summary>
internal static class Worker
{
    /// <summary>The work that can be asked for, besides "augment" as the peer calls it.</summary>
    public static readonly ImmutableArray<string> Works = ["diagonal", "loss", "gradient", "product", "product-reused"];

    /// <summary>A piece of work on a model, with sessions that are kept.</summary>
    public static WarmWork Open(string work, string model, IReadOnlyDictionary<string, NpyArray> data, string weight, long memory) =>
        work switch
        {
            "diagonal" => WarmWork.Of(model, data, weight, memory, Quantity.HessianDiagonal),
            "loss" => WarmWork.Of(model, data, weight, memory, Quantity.Loss),
            "gradient" => WarmWork.Of(model, data, weight, memory, Quantity.Loss, Quantity.Gradient),
            "product" => WarmWork.ProductOf(model, data, weight, reused: false),
            "product-reused" => WarmWork.ProductOf(model, data, weight, reused: true),
            _ => throw new ArgumentException($"There is no work '{work}'."),
        };

    /// <summary>Repeats a piece of work.</summary>
    public static Measurement Repeat(
        string work,
        string model,
        IReadOnlyDictionary<string, NpyArray> data,
        string weight,
        long memory,
        int warmUp,
        int repeats
    )
    {
        using var warm = Open(work, model, data, weight, memory);
        var norm = warm.Norm();
        for (var index = 1; index < warmUp; index++)
            warm.Run();
        var seconds = ImmutableArray.CreateBuilder<double>();
        for (var index = 0; index < repeats; index++)
        {
            var clock = Stopwatch.StartNew();
            warm.Run();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }
        return new Measurement(seconds.ToImmutable(), warm.Flops, norm, Measurement.OwnPeak());
    }

    /// <summary>Augments a model by a gradient and a Hessian diagonal, once.</summary>
    public static Measurement Augment(string model, string weight, string output)
    {
        long managed = 0;
        using var ended = new ManualResetEventSlim();
        var watch = new Thread(() =>
        {
            do managed = Math.Max(managed, GC.GetTotalMemory(forceFullCollection: false));
            while (!ended.Wait(2));
        });
        watch.Start();
        var clock = Stopwatch.StartNew();
        var report = CurvatureEngine.Augment(
            model,
            new CurvatureRequest { WithRespectTo = [weight], Loss = new LossRequest(LossKind.CrossEntropy) },
            output,
            new AugmentOptions()
        );
        var seconds = clock.Elapsed.TotalSeconds;
        ended.Set();
        watch.Join();
        return new Measurement([seconds], 0, 0, Measurement.OwnPeak(), managed, report.Bytes);
    }
}
