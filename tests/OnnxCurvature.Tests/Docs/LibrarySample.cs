// sample
using OnnxCurvature;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

// end
namespace OnnxCurvature.Tests.Docs;

/// <summary>The code that the page of the library shows.</summary>
internal static class LibrarySample
{
    /// <summary>Computes as the page says, in a folder that holds the model and its data.</summary>
    public static (string Reason, CurvatureResult Result) Run(string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample
        using var model = CurvatureModel.Load(In("vgg16_narrow.onnx"));
        var request = new CurvatureRequest { WithRespectTo = ["conv4_3.weight"], Loss = LossRequest.CrossEntropy };
        var data = new Dictionary<string, CurvatureArray>
        {
            ["image"] = CurvatureArray.FromFile(In("vgg16_narrow.image.npy")),
            ["labels"] = CurvatureArray.Of<long>([3, 1, 4], 3),
        };
        using var run = model.Plan(request, data);
        var reason = run.Methods[0].Reason;
        var result = run.Run();
        var diagonal = result["conv4_3.weight"].HessianDiagonal;
        ReadOnlySpan<double> entries = diagonal.AsSpan();
        // end
        Assert(entries.Length == 16 * 16 * 3 * 3 && !diagonal.IsEstimate);
        return (reason, result);
    }

    // sample
    /// Fisher information of each layer, as elastic weight consolidation takes it.
    public static Dictionary<string, float[]> Fisher(CurvatureModel model, IReadOnlyDictionary<string, CurvatureArray> data)
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = ["*.weight"],
            Loss = LossRequest.CrossEntropy,
            Quantities = [Quantity.FisherDiagonal],
        };
        var result = model.Run(request, data);
        return model
            .Weights.Where(name => name.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(name => name, name => result[name].FisherDiagonal.ToSingles());
    }

    /// Input gradients in a web service: planned once, and run for every request that comes.
    public sealed class InputGradients(CurvatureModel model) : IDisposable
    {
        private readonly PlannedRun _run = model.Plan(
            new CurvatureRequest
            {
                WithRespectTo = ["image"],
                Loss = LossRequest.Of("logits[:, 0]"),
                Quantities = [Quantity.Gradient],
            },
            new Dictionary<string, CurvatureArray> { ["image"] = CurvatureArray.Of<float>(new float[3 * 32 * 32], 1, 3, 32, 32) }
        );

        public async Task<float[]> Of(float[] pixels, CancellationToken cancellation)
        {
            var data = new Dictionary<string, CurvatureArray> { ["image"] = CurvatureArray.Of<float>(pixels, 1, 3, 32, 32) };
            var result = await _run.RunAsync(data, cancellation: cancellation);
            return result["image"].Gradient.ToSingles();
        }

        public void Dispose() => _run.Dispose();
    }

    /// Curvature in a unit test: no layer of a network that was trained lies in a sharp minimum.
    public static void No_layer_is_sharp(CurvatureModel model, IReadOnlyDictionary<string, CurvatureArray> data)
    {
        var request = new CurvatureRequest { WithRespectTo = ["fc*.weight"], Loss = LossRequest.CrossEntropy };
        var result = model.Run(request, data);
        foreach (
            var name in model.Weights.Where(name =>
                name.StartsWith("fc", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal)
            )
        )
        {
            var largest = 0.0;
            foreach (var entry in result[name].HessianDiagonal.AsSpan())
                largest = Math.Max(largest, entry);
            Assert(largest < 10);
        }
    }

    /// The layers of which the loss is most sharply curved, the sharpest first.
    public static IEnumerable<string> Sharpest(CurvatureModel model, IReadOnlyDictionary<string, CurvatureArray> data)
    {
        var request = new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.CrossEntropy };
        var curvature = model.Analyze(request, data, new AnalysisOptions { Budget = TimeSpan.FromMinutes(1) });
        return curvature.Layers.OrderByDescending(layer => layer.Diagonal.Max()).Select(layer => layer.Weight);
    }

    /// The loss of each batch that a loader gives.
    public static async Task<List<double>> Losses(PlannedRun run, IAsyncEnumerable<IReadOnlyDictionary<string, CurvatureArray>> batches)
    {
        var losses = new List<double>();
        await foreach (var result in run.RunEachAsync(batches))
            losses.Add(result.Loss!.Value);
        return losses;
    }

    // end
    private static void Assert(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("The sample gives other results than it says.");
    }
}
