using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>The Fisher diagonal and its anchors against closed forms, and the two classic mistakes in numbers.</summary>
public sealed class ImportanceTests
{
    private const string Command = "importance @linear.onnx -o @ewc.npz --loss cross-entropy --data x=@x.npy labels=@labels.npy";

    [Fact]
    public void The_empirical_importance_is_the_mean_of_the_squares_of_the_gradients_of_samples()
    {
        using var tool = Softmax.Prepared();
        var result = Computed(tool, samplesLabels: false);
        var layer = Assert.Single(result.Layers);
        Assert.Equal(Softmax.W, layer.Anchor);
        Assert.Null(layer.StandardErrors);
        Assert.Equal(Softmax.Loss(Softmax.W), result.Loss, 1e-12);
        for (var index = 0; index < 15; index++)
            Assert.Equal(
                Enumerable.Range(0, Softmax.Samples).Average(n => Square(n, index, Softmax.Labels[n])),
                layer.Importance[index],
                1e-13
            );
    }

    [Fact]
    public void The_sampled_importance_is_the_expectation_over_the_models_own_labels()
    {
        using var tool = Softmax.Prepared();
        var layer = Computed(tool, samplesLabels: true).Layers[0];
        var errors = layer.StandardErrors!.Value;
        for (var index = 0; index < 15; index++)
        {
            var exact = Enumerable
                .Range(0, Softmax.Samples)
                .Average(n => Enumerable.Range(0, Softmax.Classes).Sum(t => Softmax.P(Softmax.W, n)[t] * Square(n, index, t)));
            Assert.InRange(layer.Importance[index], exact - 4.5 * errors[index], exact + 4.5 * errors[index]);
            Assert.InRange(errors[index], 1e-3 * exact, 0.1 * exact);
        }
    }

    [Fact]
    public void The_command_writes_anchors_and_importance()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} --precision float64");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Equal(Softmax.W, tool.Read("ewc.npz", "w.anchor"));
        Assert.Equal(15, tool.Read("ewc.npz", "w.importance").Length);
        Assert.Equal(ExitCodes.Success, tool.Run($"{Command} --fisher sampled --probes 8").Code);
        Assert.Equal(15, tool.Read("ewc.npz", "w.importance_standard_error").Length);
        var refused = tool.Run($"{Command} --probes 8");
        Assert.Equal(ExitCodes.UserError, refused.Code);
        Assert.Contains("--probes and --seed are of --fisher sampled", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>The sums of the table on the page are those that a run gives.</summary>
    [Fact]
    public void The_page_shows_the_two_mistakes_with_the_numbers_of_a_run()
    {
        using var folder = new TemporaryFolder();
        var models = Path.Combine(Repository.Root, "testmodels");
        var run = ToolRun.Of(
            new CurvatureService(),
            "run",
            Path.Combine(models, "mlp.onnx"),
            "-o",
            folder.File("o.npz"),
            "--loss",
            "cross-entropy",
            "--precision",
            "float64",
            "--wrt",
            "*.weight",
            "--quantity",
            "gradient,fisher-diagonal,hessian-diagonal,gradient-of-gradient",
            "--data",
            "features=" + Path.Combine(models, "mlp.features.npy"),
            "labels=" + Path.Combine(models, "mlp.labels.npy")
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        using var reader = OnnxCurvature.Files.NpzReader.Open(folder.File("o.npz"));
        double[] Values(string name) => reader.Read(name).ToDoubles();
        var rows = Enumerable
            .Range(1, 3)
            .Select(layer => $"fc{layer}.weight")
            .Select(weight =>
                FormattableString.Invariant($"| `{weight}` | {Values(weight + ".fisher_diagonal").Sum():0.000} ")
                + FormattableString.Invariant($"| {Values(weight + ".gradient").Sum(g => g * g):0.000} ")
                + FormattableString.Invariant($"| {Values(weight + ".hessian_diagonal").Sum():0.000} ")
                + FormattableString.Invariant($"| {Math.Abs(Values(weight + ".gradient_of_gradient").Sum()):0.000} |")
            );
        var page = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "importance.md"));
        Assert.All(rows, row => Assert.Contains(row, page, StringComparison.Ordinal), throwIfEmpty: true);
    }

    private static ImportanceResult Computed(Tool tool, bool samplesLabels) =>
        CurvatureAnalyzer.Importance(
            tool["linear.onnx"],
            new CurvatureRequest
            {
                WithRespectTo = [],
                Loss = LossRequest.Parse("cross-entropy"),
                Precision = OnnxCurvature.Ir.Precision.Float64,
                Probes = 400,
                Seed = 2,
            },
            Softmax.Data().ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value)),
            new CurvatureRunOptions(),
            samplesLabels,
            null,
            TestContext.Current.CancellationToken
        );

    /// <summary>The square of the gradient of one sample, for a label.</summary>
    private static double Square(int sample, int index, long label)
    {
        var (c, j) = (index / Softmax.Inputs, index % Softmax.Inputs);
        var gradient = (Softmax.P(Softmax.W, sample)[c] - (c == label ? 1 : 0)) * Softmax.X[sample * Softmax.Inputs + j];
        return gradient * gradient;
    }
}
