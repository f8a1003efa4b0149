using System.Globalization;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Docs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>The entries that become zero, those that stay, and the change of the loss, against closed forms and measurements.</summary>
[Trait("Category", "Slow")]
public sealed class PruningTests(ITestOutputHelper output)
{
    private const string Command = "prune @linear.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy --precision float64";

    [Theory]
    [InlineData(nameof(PruningScore.Curvature))]
    [InlineData(nameof(PruningScore.CurvatureAtMinimum))]
    [InlineData(nameof(PruningScore.Magnitude))]
    [InlineData(nameof(PruningScore.InputWeightedMagnitude))]
    public void The_entries_of_the_least_score_go_and_the_prediction_is_their_sum(string name)
    {
        var score = Enum.Parse<PruningScore>(name);
        using var tool = Softmax.Prepared();
        var result = Prepared(tool).Prune(new PruningOptions { Sparsity = 0.41, Score = score });
        var layer = Assert.Single(result.Layers);
        // 0.41 of 15 entries is 6.15.
        var gone = Enumerable.Range(0, 15).OrderBy(index => Score(index, score)).Take(6).ToHashSet();
        Assert.Equal(Enumerable.Range(0, 15).Select(index => !gone.Contains(index)), layer.Keeps);
        Assert.Equal(gone.Sum(Saliency), result.Predicted, 1e-13);
        Assert.Equal((0.4, 0), (result.Sparsity, result.Error));
    }

    [Fact]
    public void Channels_and_blocks_go_as_a_whole()
    {
        using var tool = Softmax.Prepared();
        var prepared = Prepared(tool);
        var output = prepared.Prune(new PruningOptions { Structure = PruningStructure.OutputChannel, Sparsity = 0.4 }).Layers[0];
        var least = Enumerable.Range(0, 3).MinBy(c => Enumerable.Range(0, 5).Sum(j => Saliency(5 * c + j)));
        Assert.Equal(Enumerable.Range(0, 15).Select(index => index / 5 != least), output.Keeps);
        var input = prepared.Prune(new PruningOptions { Structure = PruningStructure.InputChannel, Sparsity = 0.2 }).Layers[0];
        least = Enumerable.Range(0, 5).MinBy(j => Enumerable.Range(0, 3).Sum(c => Saliency(5 * c + j)));
        Assert.Equal(Enumerable.Range(0, 15).Select(index => index % 5 != least), input.Keeps);
        var blocks = prepared
            .Prune(
                new PruningOptions
                {
                    Structure = PruningStructure.Blocks,
                    Kept = 2,
                    BlockSize = 4,
                }
            )
            .Layers[0];
        for (var c = 0; c < 3; c++)
        {
            // Blocks of four and of one; of the latter, which has no more than two entries, nothing goes.
            var kept = Enumerable.Range(5 * c, 4).OrderByDescending(Saliency).Take(2).Append(5 * c + 4);
            Assert.Equal(kept.Order(), Enumerable.Range(5 * c, 5).Where(index => blocks.Keeps[index]));
        }
    }

    [Fact]
    public void A_curve_measures_the_loss_of_every_score_on_held_data()
    {
        using var tool = Softmax.Prepared();
        var prepared = Prepared(tool);
        var curve = prepared.Curve(new PruningOptions(), [0, 0.41], Sources(Softmax.Data()), TestContext.Current.CancellationToken);
        Assert.All(curve[0].Losses.Values, loss => Assert.Equal(Softmax.Loss(Softmax.W), loss, 1e-12), throwIfEmpty: true);
        foreach (var (score, loss) in curve[1].Losses)
        {
            var gone = Enumerable.Range(0, 15).OrderBy(index => Score(index, score)).Take(6).ToHashSet();
            Assert.Equal(Softmax.Loss([.. Softmax.W.Select((w, index) => gone.Contains(index) ? 0 : w)]), loss, 1e-12);
        }
    }

    [Fact]
    public void The_command_writes_masks_and_the_model_with_zeros()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @masks.npz --write-pruned @pruned.onnx --sparsity 0.41 --held x=@x.npy labels=@labels.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("Losses on held data", run.Output, StringComparison.Ordinal);
        using (var masks = NpzReader.Open(tool["masks.npz"]))
            Assert.Equal((9.0, OnnxCurvature.Ir.ElementType.Bool), (masks.Read("w").ToDoubles().Sum(), masks.Read("w").Element));
        var gone = Enumerable.Range(0, 15).OrderBy(index => Score(index, PruningScore.Curvature)).Take(6).ToHashSet();
        var after = tool.Run(
            "run @pruned.onnx -o @o.npz --wrt w --loss cross-entropy --data x=@x.npy labels=@labels.npy --precision float64"
        );
        Assert.True(after.Code == ExitCodes.Success, after.ToString());
        Assert.Equal(Softmax.Loss([.. Softmax.W.Select((w, index) => gone.Contains(index) ? 0 : w)]), tool.Read("o.npz", "loss")[0], 1e-12);
        Assert.Equal(
            Softmax.Linear("w").Graph.Node,
            OnnxCurvature.Onnx.Proto.ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["pruned.onnx"])).Graph.Node
        );
    }

    [Theory]
    [InlineData("--dry-run --structure 2:4", 0, "of the entries become zero")]
    [InlineData("", 2, "Nothing names a file to write")]
    [InlineData("--dry-run -o @m.npz", 2, "--dry-run writes nothing")]
    [InlineData("--dry-run --structure 4:2", 2, "--structure '4:2' is unknown")]
    [InlineData("--dry-run --structure 2:4 --sparsity 0.5", 2, "leave one of them out")]
    [InlineData("--dry-run --sparsity 1.5", 2, "give a number above 0 and below 1")]
    [InlineData("-o @linear.onnx", 2, "linear.onnx")]
    public void A_dry_run_writes_nothing_and_options_that_contradict_are_refused(string words, int code, string sentence)
    {
        using var tool = Softmax.Prepared();
        var before = tool.Files.ToArray();
        var run = tool.Run($"{Command} {words}");
        Assert.Equal(code, run.Code);
        Assert.Contains(sentence, run.Output + run.Error, StringComparison.Ordinal);
        Assert.Equal(before, tool.Files);
    }

    /// <summary>The figures of the page on pruning.</summary>
    [Fact]
    public void Curvature_keeps_the_loss_of_a_trained_network_lower_than_magnitude_does()
    {
        using var folder = new TemporaryFolder();
        var network = TrainedNetwork.Instance;
        var analysis = CurvatureAnalyzer.Prepare(
            network.Model().Save(folder),
            new CurvatureRequest { WithRespectTo = ["*.weight"], Loss = LossRequest.Parse("cross-entropy") },
            TrainedNetwork.Data(network.X, network.Labels),
            new CurvatureRunOptions(),
            new AnalysisOptions(),
            null,
            TestContext.Current.CancellationToken
        );
        Assert.All(analysis.Layers, layer => Assert.True(layer.IsExact), throwIfEmpty: true);
        var prepared = CurvatureAnalyzer.Prune(
            analysis,
            analysis.Run(null, TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken
        );
        double[] sparsities = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
        var held = TrainedNetwork.Data(network.HeldX, network.HeldLabels);
        var curve = prepared.Curve(new PruningOptions(), sparsities, Sources(held), TestContext.Current.CancellationToken);
        PruningScore[] scores =
        [
            PruningScore.Curvature,
            PruningScore.CurvatureAtMinimum,
            PruningScore.Magnitude,
            PruningScore.InputWeightedMagnitude,
        ];
        foreach (var point in curve)
        {
            double[] losses = [.. scores.Select(score => point.Losses[score])];
            var sparsity = point.Sparsity.ToString("0.0", CultureInfo.InvariantCulture);
            output.WriteLine(
                $"| {sparsity} | {string.Join(" | ", losses.Select(loss => loss.ToString("0.000", CultureInfo.InvariantCulture)))} |"
            );
            if (point.Sparsity > 0.25)
                PublishedTable.Holds("pruning.md", [sparsity], losses, tolerance: 0.02);
        }
        double Sum(PruningScore score) => curve.Sum(point => point.Losses[score]);
        Assert.InRange(
            Sum(PruningScore.CurvatureAtMinimum),
            0,
            Math.Min(Sum(PruningScore.Magnitude), Sum(PruningScore.InputWeightedMagnitude))
        );
    }

    private static PreparedPruning Prepared(OnnxCurvature.Tests.EndToEnd.Tool tool)
    {
        var analysis = AnalysisTests.Prepared(tool, new AnalysisOptions());
        var curvature = analysis.Run(null, TestContext.Current.CancellationToken);
        return CurvatureAnalyzer.Prune(analysis, curvature, TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, DataSource> Sources(Dictionary<string, NpyArray> data) =>
        data.ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value));

    private static double Saliency(int index) => Score(index, PruningScore.Curvature);

    private static double Score(int index, PruningScore score)
    {
        var (w, h, g) = (Softmax.W[index], Softmax.Diagonal()[index], Softmax.Gradient()[index]);
        var square = Enumerable.Range(0, Softmax.Samples).Average(n => Math.Pow(Softmax.X[n * Softmax.Inputs + index % Softmax.Inputs], 2));
        return score switch
        {
            PruningScore.Curvature => h * w * w / 2 - g * w,
            PruningScore.CurvatureAtMinimum => h * w * w / 2,
            PruningScore.Magnitude => w * w,
            _ => w * w * square,
        };
    }
}
