using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>The estimated peak of a run's values, held against what ONNX Runtime's pool of memory says of the run.</summary>
[Trait("Category", "Slow")]
public sealed class PeakMemoryTests
{
    /// <summary>
    /// The pool counts pieces, which are larger than values, by up to a half here; convolutions of three channels write five times as much
    /// as their values take.
    /// </summary>
    [Theory, InlineData(3), InlineData(6), InlineData(16), InlineData(17), InlineData(32)]
    public void The_estimate_is_what_the_pool_has_in_use(int channels)
    {
        const int Samples = 256;
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(
            folder.File("model.onnx"),
            MemoryBoundTests.Chain(blocks: 3, channels: channels, size: 16, pooled: 10, classes: 5).ToByteArray()
        );
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w0"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.HessianDiagonal],
        };
        var data = new Dictionary<string, NpyArray>(StringComparer.Ordinal)
        {
            ["x"] = MemoryBoundTests.Images(Samples, channels, 16),
            ["labels"] = NpyArray.Of(ElementType.Int64, [Samples], [.. Enumerable.Range(0, Samples).Select(i => (double)(i % 5))]),
        };
        var options = new CurvatureRunOptions
        {
            Check = false,
            Threads = 1,
            BatchSize = Samples,
            ProfilePath = folder.File("profile.json"),
        };
        using var run = CurvatureEngine.Prepare(folder.File("model.onnx"), request, data, options);
        run.Run(null, TestContext.Current.CancellationToken);
        using var profile = JsonDocument.Parse(File.ReadAllText(folder.File("profile.json")));
        var inUse = profile
            .RootElement.EnumerateArray()
            .Select(entry => entry.GetProperty("args"))
            .Where(arguments => arguments.TryGetProperty("mem_in_use_peak", out _))
            .Max(arguments => double.Parse(arguments.GetProperty("mem_in_use_peak").GetString()!, CultureInfo.InvariantCulture));
        Assert.InRange(inUse / run.MemoryBytes, 0.6, 1.3);
    }
}
