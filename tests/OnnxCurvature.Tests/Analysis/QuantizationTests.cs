using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Statistics;
using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>The predicted effect of rounding weights on the loss, against closed forms, measurements, and all choices there are.</summary>
public sealed class QuantizationTests
{
    [Theory]
    [InlineData(8, nameof(Granularity.Tensor), true)]
    [InlineData(8, nameof(Granularity.Channel), true)]
    [InlineData(4, nameof(Granularity.Channel), false)]
    [InlineData(4, nameof(Granularity.Block32), true)]
    [InlineData(4, nameof(Granularity.Tensor), false)]
    public void Predictions_and_measurements_are_those_of_the_closed_form(int bits, string name, bool symmetric)
    {
        var granularity = Enum.Parse<Granularity>(name);
        using var tool = Softmax.Prepared();
        var analysis = AnalysisTests.Prepared(tool, new AnalysisOptions());
        var curvature = analysis.Run(null, TestContext.Current.CancellationToken);
        var scheme = new QuantizationScheme(bits, granularity, symmetric);
        var result = CurvatureAnalyzer.Quantize(
            analysis,
            curvature,
            new QuantizationOptions { Schemes = [scheme], Measure = true },
            null,
            TestContext.Current.CancellationToken
        );
        var node = Assert.Single(result.Nodes);
        var rounded = Rounded(bits, granularity, symmetric);
        var change = rounded.Zip(Softmax.W, (after, before) => after - before).ToArray();
        var (gradient, diagonal) = (Softmax.Gradient(), Softmax.Diagonal());
        Assert.Equal(gradient.Zip(change, (g, d) => g * d).Sum(), node.FirstOrder, 1e-13);
        Assert.Equal(diagonal.Zip(change, (h, d) => h * d * d / 2).Sum(), node.SecondOrder, 1e-13);
        Assert.Equal((0, true), (node.Error, node.IsExact));
        Assert.Equal(change.Sum(d => d * d), node.WeightError, 1e-13);
        Assert.Equal(Softmax.Loss(rounded) - Softmax.Loss(Softmax.W), node.Measured!.Value, 1e-13);
        Assert.Equal(change.Index().Sum(d => d.Item * d.Item * MeanSquare(d.Index % Softmax.Inputs)), node.InputWeightedError, 1e-13);
        Assert.Equal(Softmax.Classes, node.Channels.Length);
        Assert.Equal(node.Predicted, node.Channels.Sum(), 1e-13);
        var first = Enumerable.Range(0, Softmax.Inputs).Sum(j => gradient[j] * change[j] + diagonal[j] * change[j] * change[j] / 2);
        Assert.Equal(first, node.Channels[0], 1e-13);
        Assert.All(node.ChannelErrors, error => Assert.Equal(0, error), throwIfEmpty: true);
    }

    [Fact]
    public void Estimates_give_predictions_an_error_that_holds()
    {
        using var tool = Softmax.Prepared();
        var exact = Quantized(new AnalysisOptions());
        var estimate = Quantized(
            new AnalysisOptions
            {
                Budget = TimeSpan.Zero,
                Probes = 200,
                Seed = 1,
            }
        );
        Assert.Equal(exact.FirstOrder, estimate.FirstOrder, 1e-13);
        Assert.False(estimate.IsExact);
        Assert.Equal(estimate.Error, estimate.ChannelErrors.Sum(), 1e-13);
        Assert.InRange(estimate.Error, 1e-9, Math.Abs(exact.SecondOrder));
        Assert.InRange(exact.SecondOrder, estimate.SecondOrder - 4 * estimate.Error, estimate.SecondOrder + 4 * estimate.Error);

        NodeSensitivity Quantized(AnalysisOptions options)
        {
            var analysis = AnalysisTests.Prepared(tool, options);
            var curvature = analysis.Run(null, TestContext.Current.CancellationToken);
            var four = new QuantizationOptions { Schemes = [new QuantizationScheme(4, Granularity.Channel, true)] };
            return CurvatureAnalyzer.Quantize(analysis, curvature, four, null, TestContext.Current.CancellationToken).Nodes[0];
        }
    }

    [Fact]
    public void Blocks_have_scales_of_their_own_and_end_where_the_channel_does()
    {
        // Two channels of 40: blocks of 32 and 8 in each.
        double[] entries = [.. Enumerable.Range(0, 80).Select(index => index % 40 < 32 ? 1.0 : 100.0)];
        entries[3] = 0.4;
        entries[35] = 40;
        var map = new KernelMap(2, 40, [], [.. entries]);
        var rounded = WeightRounding.Rounded(map, new QuantizationScheme(4, Granularity.Block32, true));
        // Scales 1/7 and 100/7 in float32: 0.4 becomes 3/7 and 40 becomes 300/7; with one scale 0.4 would become 0.
        Assert.Equal(3.0 / 7, rounded[3], 1e-7);
        Assert.Equal(300.0 / 7, rounded[35], 1e-5);
        Assert.Equal(0, WeightRounding.Rounded(map, new QuantizationScheme(4, Granularity.Channel, true))[3]);
        Assert.Equal(80 / 2.0 + 4 * 4, new QuantizationScheme(4, Granularity.Block32, true).Bytes(80, 40));
        Assert.Equal(80 + 2 * 5, new QuantizationScheme(8, Granularity.Channel, false).Bytes(80, 40));
        Assert.Equal(80 + 4, new QuantizationScheme(8, Granularity.Tensor, true).Bytes(80, 40));
    }

    [Fact]
    public void Weights_of_zeros_and_of_one_sign_are_rounded_within_half_a_step()
    {
        Assert.NotEmpty(QuantizationScheme.All);
        foreach (var scheme in QuantizationScheme.All)
        {
            var zeros = new KernelMap(2, 3, [], [.. new double[6]]);
            Assert.Equal(zeros.Entries, WeightRounding.Rounded(zeros, scheme));
            var positive = new KernelMap(2, 3, [], [0.3, 0.5, 1, 2, 0.1, 3]);
            var step = 3.0 / (scheme.IsSymmetric ? (1 << scheme.Bits - 1) - 1 : (1 << scheme.Bits) - 1);
            Assert.All(
                positive.Entries.Zip(WeightRounding.Rounded(positive, scheme)),
                pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, step / 2 + 1e-7),
                throwIfEmpty: true
            );
        }
    }

    /// <summary>Among all 3^8 choices for eight weights with random costs, none that fits is better by more than one step.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_choice_of_bits_of_the_same_size_has_a_lower_cost(int seed)
    {
        var random = new Random(seed);
        var weights = Enumerable.Range(0, 8).Select(_ => Options()).ToArray();
        var all = weights.Aggregate(
            (IEnumerable<(double Bytes, double Cost)>)[(0, 0)],
            (sums, options) => sums.SelectMany(sum => options.Select(option => (sum.Bytes + option.Bytes, sum.Cost + option.Cost)))
        );
        var choices = all.ToArray();
        var (least, most) = (choices.Min(choice => choice.Bytes), choices.Max(choice => choice.Bytes));
        // One step more than what fits is what a choice can be worse by than the best one.
        var step = weights.Max(options => options.Max(option => option.Cost));
        for (var target = least; target <= most; target += (most - least) / 25)
        {
            var chosen = MixedPrecision.Choose(weights, target);
            Assert.InRange(chosen.Bytes, 0, target);
            Assert.Equal(chosen.Options.Sum(option => option.Cost), chosen.Cost, 1e-12);
            var best = choices.Where(choice => choice.Bytes <= target).Min(choice => choice.Cost);
            Assert.InRange(chosen.Cost, best, best + step);
        }
        Assert.Equal(0, MixedPrecision.Choose(weights, most).Cost);
        Assert.Throws<UserErrorException>(() => MixedPrecision.Choose(weights, least - 1));

        ImmutableArray<PrecisionOption> Options()
        {
            var (entries, cost) = (random.Next(10, 100), random.NextDouble());
            return [new(4, entries / 2.0, cost), new(8, entries, cost * random.NextDouble()), new(32, 4.0 * entries, 0)];
        }
    }

    [Fact]
    public void The_command_writes_what_quantizers_take()
    {
        using var tool = Softmax.Prepared();
        const string Command = "sensitivity @linear.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy -o @out";
        var run = tool.Run($"{Command} --target-size 30");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        // A gain that the first order predicts for four bits counts as no change, so that nothing is better.
        var four = File.ReadLines(Path.Combine(tool["out"], "sensitivity.csv"))
            .Single(line => line.StartsWith("int4 in blocks of 32", StringComparison.Ordinal));
        Assert.StartsWith("-", four.Split(',')[3], StringComparison.Ordinal);
        Assert.Equal("[]", Squeezed("nodes_to_exclude.json"));
        Assert.Equal("{\"/head/fc\":4}", Squeezed("bits.json"));
        Assert.Contains("in place of 60 B", run.Output, StringComparison.Ordinal);
        Assert.Equal(17, File.ReadAllLines(Path.Combine(tool["out"], "sensitivity.csv")).Length);
        Assert.Equal(["a", "c"], new ChosenBits(0, 0, 0, 0, [("a", 32), ("b", 8), ("c", 32)]).NodesToExclude);
        var small = tool.Run($"{Command} --target-size 5");
        Assert.Equal(ExitCodes.UserError, small.Code);
        Assert.Contains("take at least 20 bytes, and --target-size allows 5", small.Error, StringComparison.Ordinal);

        string Squeezed(string file) =>
            string.Concat(File.ReadAllText(Path.Combine(tool["out"], file)).Where(letter => !char.IsWhiteSpace(letter)));
    }

    private static double MeanSquare(int input) =>
        Enumerable.Range(0, Softmax.Samples).Average(n => Math.Pow(Softmax.X[n * Softmax.Inputs + input], 2));

    /// <summary>The weight after rounding, by the formula of the scheme alone.</summary>
    private static double[] Rounded(int bits, Granularity granularity, bool symmetric)
    {
        var rounded = new double[Softmax.W.Length];
        var group = granularity == Granularity.Tensor ? rounded.Length : Softmax.Inputs;
        for (var start = 0; start < rounded.Length; start += group)
        {
            var part = Softmax.W[start..(start + group)];
            var (low, high) = (Math.Min(part.Min(), 0), Math.Max(part.Max(), 0));
            var scale = (double)
                (float)(symmetric ? part.Max(Math.Abs) / (Math.Pow(2, bits - 1) - 1) : (high - low) / (Math.Pow(2, bits) - 1));
            var zero = symmetric ? 0 : Math.Round(-low / scale);
            for (var index = 0; index < group; index++)
                rounded[start + index] =
                    (Math.Min(Math.Round(part[index] / scale) + zero, symmetric ? 1e9 : Math.Pow(2, bits) - 1) - zero) * scale;
        }
        return rounded;
    }
}
