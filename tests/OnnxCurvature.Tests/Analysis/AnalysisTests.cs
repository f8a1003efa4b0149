using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>The exact diagonals of an analysis, and its estimates where the budget ends, against closed forms.</summary>
public sealed class AnalysisTests
{
    [Theory]
    [InlineData(Quantity.HessianDiagonal)]
    [InlineData(Quantity.GgnDiagonal)]
    public void Within_the_budget_all_figures_are_those_of_the_closed_form(Quantity diagonal)
    {
        using var tool = Softmax.Prepared();
        var curvature = Analyzed(tool, new AnalysisOptions { Diagonal = diagonal });
        var layer = Assert.Single(curvature.Layers);
        Assert.True(layer.IsExact);
        Assert.Null(layer.StandardErrors);
        Assert.Equal(("/head/fc", "Gemm"), (layer.Node, layer.Operator));
        Assert.Equal(Softmax.Loss(Softmax.W), curvature.Loss, 1e-12);
        Assert.Equal(Softmax.W, layer.Values);
        Close(Softmax.Gradient(), [.. layer.Gradient]);
        var expected = Softmax.Diagonal();
        Close(expected, [.. layer.Diagonal]);

        var figures = LayerStatistics.Of(layer);
        Assert.Equal(expected.Sum(), figures.Trace, 1e-12);
        Assert.Equal(0, figures.TraceError);
        Assert.Equal(expected.Average(), figures.Mean, 1e-12);
        Assert.Equal(expected.Order().ElementAt(expected.Length / 2), figures.Median, 1e-12);
        Assert.Equal(expected.Max(), figures.Largest, 1e-12);
        var at = Array.IndexOf(expected, expected.Max());
        Assert.Equal([at / Softmax.Inputs, at % Softmax.Inputs], figures.LargestAt);
        Assert.Equal(Math.Sqrt(Softmax.Gradient().Sum(entry => entry * entry)), figures.GradientNorm, 1e-12);
        Assert.Equal((0.0, 0.0), (figures.NegativeShare, figures.ZeroShare));
        Assert.Equal(0, figures.RelativeError);
    }

    [Fact]
    public void Without_a_budget_all_is_estimated_and_the_errors_hold()
    {
        using var tool = Softmax.Prepared();
        var curvature = Analyzed(
            tool,
            new AnalysisOptions
            {
                Budget = TimeSpan.Zero,
                Probes = 400,
                Seed = 3,
            }
        );
        var layer = Assert.Single(curvature.Layers);
        Assert.False(layer.IsExact);
        Assert.Equal("hutchinson", layer.Method);
        Assert.Contains("does not fit the budget of 0 s", layer.Reason, StringComparison.Ordinal);
        var (exact, errors) = (Softmax.Diagonal(), layer.StandardErrors!.Value);
        Assert.All(errors, error => Assert.InRange(error, 1e-6, 0.1), throwIfEmpty: true);
        // Of fifteen entries none lies further than 4.5 standard errors away, but for one seed in ten thousand.
        for (var index = 0; index < exact.Length; index++)
            Assert.InRange(layer.Diagonal[index], exact[index] - 4.5 * errors[index], exact[index] + 4.5 * errors[index]);
        var figures = LayerStatistics.Of(layer);
        Assert.Equal(errors.Sum(), figures.TraceError, 1e-12);
        Assert.InRange(exact.Sum(), figures.Trace - 4.5 * figures.TraceError, figures.Trace + 4.5 * figures.TraceError);
    }

    [Fact]
    public void A_budget_takes_the_cheapest_weights_exactly_and_both_kinds_are_right()
    {
        var model = Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.onnx");
        var data = new Dictionary<string, OnnxCurvature.Files.NpyArray>
        {
            ["image"] = OnnxCurvature.Files.NpyReader.Read(Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.image.npy")),
            ["labels"] = OnnxCurvature.Files.NpyReader.Read(Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.labels.npy")),
        };
        var request = new CurvatureRequest { WithRespectTo = ["conv1_1.weight", "fc*"], Loss = LossRequest.Parse("cross-entropy") };
        var all = Of(new AnalysisOptions());
        Assert.All(all.Layers, layer => Assert.True(layer.IsExact), throwIfEmpty: true);
        // A budget of what all but the dearest take together.
        var dearest = all.Layers.MaxBy(layer => layer.ExactSeconds)!.Weight;
        var budget = TimeSpan.FromSeconds(all.ExactSeconds * 0.97);
        var some = Of(new AnalysisOptions { Budget = budget });
        Assert.Equal([dearest], some.Layers.Where(layer => !layer.IsExact).Select(layer => layer.Weight));
        Assert.InRange(some.ExactSeconds, 0, budget.TotalSeconds);
        var (exact, mixed) = (all.Run(null, TestContext.Current.CancellationToken), some.Run(null, TestContext.Current.CancellationToken));
        foreach (var (one, other) in exact.Layers.Zip(mixed.Layers))
            for (var index = 0; index < one.Diagonal.Length; index++)
                Assert.InRange(
                    other.Diagonal[index],
                    one.Diagonal[index] - 1e-6 - 7 * (other.StandardErrors?[index] ?? 0),
                    one.Diagonal[index] + 1e-6 + 7 * (other.StandardErrors?[index] ?? 0)
                );

        PreparedAnalysis Of(AnalysisOptions options) =>
            CurvatureAnalyzer.Prepare(
                model,
                request,
                data,
                new CurvatureRunOptions(),
                options,
                cancellation: TestContext.Current.CancellationToken
            );
    }

    [Fact]
    public void Channels_are_found_on_the_axes_that_the_operator_gives_them()
    {
        // Of shape [2, 3, 2], with the output channels along axis 2 and the input channels along axis 0: a window of 3.
        var map = KernelMap.Of([.. Enumerable.Range(0, 12).Select(index => (double)index)], [2, 3, 2], new KernelAxes(2, 0, 1));
        Assert.Equal((2, 2), (map.Outputs, map.Inputs));
        Assert.Equal([3], map.Window);
        Assert.Equal([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11], map.Entries);
        Assert.Equal([6, 24, 9, 27], map.ByChannels());
        Assert.Equal([(1, 36.0), (0, 30.0)], map.Strongest());
    }

    [Fact]
    public void A_distribution_counts_entries_by_their_magnitude()
    {
        var histogram = LogHistogram.Of([0, 1.5, -1.5, 30, 0.011, 1e-30, 0]);
        Assert.Equal((2, 1), (histogram.Zeros, histogram.Smaller));
        Assert.Equal(1 - LogHistogram.MostDecades + 1, histogram.Start);
        int Bin(double magnitude) => (int)((Math.Log10(magnitude) - histogram.Start) * LogHistogram.BinsInADecade);
        Assert.Equal(3, histogram.Positive.Sum());
        Assert.All([1.5, 30, 0.011], magnitude => Assert.Equal(1, histogram.Positive[Bin(magnitude)]), throwIfEmpty: true);
        Assert.Equal((1, 1), (histogram.Negative.Sum(), histogram.Negative[Bin(1.5)]));
        Assert.Equal(3, LogHistogram.Of([0, 0, 0]).Zeros);
    }

    [Theory]
    [InlineData("w[0]", "is no whole weight")]
    [InlineData("x", "is no whole weight")]
    [InlineData("v", "names nothing in the model")]
    public void A_value_that_is_no_weight_is_refused(string name, string sentence)
    {
        using var tool = Softmax.Prepared();
        var error = Assert.Throws<UserErrorException>(() => Prepared(tool, new AnalysisOptions(), name));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    internal static PreparedAnalysis Prepared(Tool tool, AnalysisOptions options, params string[] weights) =>
        CurvatureAnalyzer.Prepare(
            tool["linear.onnx"],
            new CurvatureRequest
            {
                WithRespectTo = [.. weights],
                Loss = LossRequest.Parse("cross-entropy"),
                Precision = OnnxCurvature.Ir.Precision.Float64,
            },
            Softmax.Data(),
            new CurvatureRunOptions(),
            options
        );

    internal static NetworkCurvature Analyzed(Tool tool, AnalysisOptions options, params string[] weights) =>
        Prepared(tool, options, weights).Run(null, TestContext.Current.CancellationToken);

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12), throwIfEmpty: true);
    }
}
