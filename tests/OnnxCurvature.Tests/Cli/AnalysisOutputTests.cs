using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Cli;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The output of the analyzer's commands for made-up figures, with the names that exporters give.</summary>
public sealed class AnalysisOutputTests
{
    private static readonly (string Weight, string Node, bool IsExact)[] Weights =
    [
        ("features.0.weight", "/features/features.0/Conv", true),
        ("onnx::MatMul_637", "/encoder/layers.0/self_attn/MatMul", false),
        ("norm.bias", "/encoder/layers.0/norm1/Add_1, /encoder/layers.0/norm2/Add_1, /encoder/layers.1/norm1/Add_1", true),
    ];

    private static readonly double[] Numbers = [0.123456789, 12345.6789, 2.5e-7];

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void The_output_of_the_analyzer_fits_the_window(int width)
    {
        Match("analyze", width, Analyze);
        Match("sensitivity", width, terminal => SensitivityView.Show(terminal, Sensitivity, ["q/sensitivity.json", "q/sensitivity.csv"]));
        Match("prune", width, terminal => PruningView.Show(terminal, Pruning, Curve, ["masks.npz"]));
        Match("importance", width, terminal => ImportanceView.Show(terminal, Importance, "ewc.npz"));
        Match("laplace", width, terminal => LaplaceView.Show(terminal, Laplace, ("logits", "logits.variance"), ["sure.onnx"]));
        Match("spectrum", width, terminal => SpectrumView.Show(terminal, Spectrum, "density.csv"));
    }

    private static void Match(string name, int width, Action<Terminal> show)
    {
        using var output = new StringWriter { NewLine = "\n" };
        show(new Terminal(output, output, interactive: true, width, new StillClock(), errorInteractive: true, plain: true));
        var lines = output.ToString().Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width), throwIfEmpty: true);
        // Which figures are estimates is seen at every width.
        Assert.Equal(name != "spectrum", lines.Any(line => line.Contains("estimated", StringComparison.Ordinal)));
        Golden.Match($"{name}-{width}.txt", string.Join('\n', lines));
    }

    private static void Analyze(Terminal terminal)
    {
        AnalysisView.ShowPlan(
            terminal,
            (2, 41.5),
            (1, 3.25),
            new AnalysisOptions(),
            ["ReLU has the derivative 0 at 0.", "embed.weight is left out: it is an index of Gather, and has no derivative."]
        );
        var report = new ReportDocument
        {
            Schema = ReportDocument.CurrentSchema,
            Model = [],
            Data = [],
            Options = new OptionsEntry("cross-entropy", "mean", "hessian-diagonal", "model", [], 60, 32, 0),
            Versions = new VersionsEntry("1", "1"),
            Loss = 2.31541,
            Samples = 50_000,
            Seconds = 44.75,
            Layers = [.. Weights.Zip(Numbers, (weight, number) => Layer(weight.Weight, weight.Node, weight.IsExact, number))],
            LeftOut = [],
            Checks = [],
            Notes = [],
        };
        AnalysisView.ShowReport(terminal, report, ["report/report.html", "report/report.json", "report/report.csv"]);
    }

    private static LayerEntry Layer(string weight, string node, bool isExact, double number) =>
        new()
        {
            Weight = weight,
            Node = node,
            Operator = "Conv",
            Shape = [64],
            Entries = 64,
            Exact = isExact,
            Method = "",
            Reason = "",
            RelativeError = isExact ? 0 : 0.0625,
            ExactSeconds = 1,
            Flops = 1e9,
            GradientNorm = number / 3,
            Trace = number,
            TraceErrorBound = isExact ? 0 : number / 7,
            Mean = number / 64,
            Median = number / 128,
            Least = -number,
            Largest = number / 2,
            LargestAt = [3],
            NegativeShare = 0.25,
            ZeroShare = 1.0 / 3,
            Histogram = new HistogramEntry(0, 4, [], [], 0, 0),
            FeatureMaps = [],
        };

    private static QuantizationResult Sensitivity
    {
        get
        {
            QuantizationScheme[] schemes = [new(8, Granularity.Channel, true), new(4, Granularity.Block128, false)];
            var nodes = from scheme in schemes from entry in Weights.Zip(Numbers) select Sensitive(scheme, entry.First, entry.Second);
            ImmutableArray<(string, int)> bits = [.. Weights.Zip([4, 8, 32], (weight, count) => (weight.Node, count))];
            return new QuantizationResult(2.31541, [.. nodes], new ChosenBits(20_480, 19_968, 78_746, 0.00462492, bits));
        }
    }

    private static NodeSensitivity Sensitive(QuantizationScheme scheme, (string Weight, string Node, bool IsExact) weight, double number) =>
        new(
            weight.Weight,
            weight.Node,
            "MatMul",
            scheme,
            number,
            number / 9,
            weight.IsExact ? 0 : number / 11,
            weight.IsExact,
            number / 5,
            number / 6,
            1,
            [],
            []
        )
        {
            Measured = number * 1.01,
        };

    private static PruningResult Pruning =>
        new(
            2.31541,
            [
                .. Weights.Zip(
                    Numbers,
                    (weight, number) =>
                        new PrunedLayer(
                            weight.Weight,
                            weight.Node,
                            [4],
                            [1, 2, 3, 4],
                            [true, false, true, true],
                            -number,
                            weight.IsExact ? 0 : number / 11,
                            weight.IsExact
                        )
                ),
            ]
        );

    private static ImmutableArray<PruningPoint> Curve =>
        [
            .. new[] { 0, 0.45, 0.9 }.Select(sparsity => new PruningPoint(
                sparsity,
                Enum.GetValues<PruningScore>().ToImmutableDictionary(score => score, score => 2.3 + sparsity * (1 + (int)score))
            )),
        ];

    private static ImportanceResult Importance =>
        new(
            2.31541,
            50_000,
            [
                .. Weights.Zip(
                    Numbers,
                    (weight, number) =>
                        new WeightImportance(
                            weight.Weight,
                            weight.Node,
                            ElementType.Float32,
                            [2],
                            [1, 2],
                            [number, 0],
                            weight.IsExact ? null : [number / 7, 0]
                        )
                ),
            ],
            []
        );

    private static LaplaceResult Laplace =>
        new(
            115.7705,
            1.18244,
            true,
            -1234.5678,
            [
                .. Weights.Zip(
                    Numbers,
                    (weight, number) => new LaplaceLayer(weight.Weight, weight.Node, [2], [1, 2], [number, number / 3], weight.IsExact)
                ),
            ]
        );

    private static SpectrumResult Spectrum =>
        new([
            Part([.. Weights.Select(weight => weight.Weight)], "", 1),
            .. Weights.Select((weight, index) => Part([weight.Weight], weight.Node, Numbers[index])),
        ]);

    private static PartSpectrum Part(ImmutableArray<string> weights, string node, double number) =>
        new(
            weights,
            node,
            2_359_296,
            [(number, 2.5e-14), (number / 2, 3e-9)],
            [(-number / 3, 1.5e-13), (-number / 4, 1e-6)],
            number * 40,
            number / 10,
            [(-number / 3, 0.05), (0, 0.9), (number / 2, 0.04), (number, 0.01)]
        );
}
