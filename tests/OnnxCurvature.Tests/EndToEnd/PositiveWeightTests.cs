using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Cli;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Binary cross-entropy with weights of positive entries, of z = x w, against its formulas.</summary>
public sealed class PositiveWeightTests
{
    private const int Samples = 4;
    private const int Inputs = 3;
    private const int Outputs = 2;

    private static readonly double[] X = [.. Enumerable.Range(0, Samples * Inputs).Select(i => Math.Round(256 * Math.Sin(i + 1)) / 256)];
    private static readonly double[] W = [.. Enumerable.Range(0, Inputs * Outputs).Select(i => Math.Round(256 * Math.Cos(i)) / 256)];
    private static readonly double[] Targets = [0, 1, 1, 0.25, 0.5, 0, 1, 1];

    [Theory]
    [InlineData(3.0, 3.0)]
    [InlineData(0.5, 4.0)]
    [InlineData(0.0, 1.0)]
    public void Positive_entries_weigh_as_the_file_says_in_batches_and_at_once(double first, double second)
    {
        using var tool = Ready();
        var isOne = first == second;
        tool.Npy("weights.npy", ElementType.Float64, isOne ? [] : [Outputs], isOne ? [first] : [first, second]);
        const string Words =
            "--wrt w --loss binary-cross-entropy --pos-weight @weights.npy --quantity loss,gradient,hessian-diagonal,ggn-diagonal,"
            + "fisher-diagonal --precision float64";
        foreach (var batches in new[] { "", "--batch-size 2" })
            Compare(tool, [first, second], tool.Run($"run @model.onnx -o @out.npz {Words} {batches} --data x=@x.npy target=@t.npy"));
        Assert.Equal(ExitCodes.Success, tool.Run($"augment @model.onnx -o @file.onnx {Words}").Code);
        Compare(tool, [first, second], tool.Run("run @file.onnx -o @out.npz --data x=@x.npy target=@t.npy"));
    }

    [Theory]
    [InlineData("--loss mse", 2.0, "--pos-weight is of binary-cross-entropy, and the loss is mse; leave it out.")]
    [InlineData("--loss binary-cross-entropy", -1.0, "--pos-weight holds a number that is negative or not finite")]
    [InlineData("--loss binary-cross-entropy --quantity fisher-diagonal-mc", 2.0, "with --pos-weight the loss is no likelihood")]
    public void Weights_that_do_not_fit_are_refused(string words, double weight, string message)
    {
        using var tool = Ready();
        tool.Npy("weights.npy", ElementType.Float64, [Outputs], weight, weight);
        var run = tool.Run($"run @model.onnx -o @out.npz --wrt w {words} --pos-weight @weights.npy --data x=@x.npy target=@t.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_shape_are_refused()
    {
        using var tool = Ready();
        tool.Npy("weights.npy", ElementType.Float64, [3], 1, 2, 3);
        var run = tool.Run(
            "run @model.onnx -o @out.npz --wrt w --loss binary-cross-entropy --pos-weight @weights.npy --data x=@x.npy target=@t.npy"
        );
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("--pos-weight has the shape [3], which does not broadcast to [4,2] of 'z'", run.Error, StringComparison.Ordinal);
    }

    private static Tool Ready()
    {
        var tool = new Tool();
        tool.Save(
            "model.onnx",
            Model(
                new GraphProto
                {
                    Name = "linear",
                    Input = { Info("x", 1, "N", Inputs) },
                    Output = { Info("z", 1, "N", Outputs) },
                    Initializer = { Weight("w", [Inputs, Outputs], index => W[index]) },
                    Node = { Node("MatMul", "x w", "z") },
                }
            )
        );
        tool.Npy("x.npy", ElementType.Float32, [Samples, Inputs], X);
        tool.Npy("t.npy", ElementType.Float32, [Samples, Outputs], Targets);
        return tool;
    }

    private static void Compare(Tool tool, double[] weights, ToolRun run)
    {
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        const int Entries = Samples * Outputs;
        var loss = 0.0;
        var gradient = new double[W.Length];
        var hessian = new double[W.Length];
        var fisher = new double[W.Length];
        for (var n = 0; n < Samples; n++)
        for (var j = 0; j < Outputs; j++)
        {
            var z = Enumerable.Range(0, Inputs).Sum(i => X[n * Inputs + i] * W[i * Outputs + j]);
            var (t, p) = (Targets[n * Outputs + j], 1 / (1 + Math.Exp(-z)));
            loss -= (weights[j] * t * Math.Log(p) + (1 - t) * Math.Log(1 - p)) / Entries;
            for (var i = 0; i < Inputs; i++)
            {
                var x = X[n * Inputs + i];
                var slope = ((1 - t) * p - weights[j] * t * (1 - p)) * x;
                gradient[i * Outputs + j] += slope / Entries;
                hessian[i * Outputs + j] += (weights[j] * t + 1 - t) * p * (1 - p) * x * x / Entries;
                fisher[i * Outputs + j] += slope * slope / (Outputs * Outputs) / Samples;
            }
        }
        Assert.Equal(loss, tool.Read("out.npz", "loss")[0], 1e-12);
        Near(gradient, "w.gradient");
        Near(hessian, "w.hessian_diagonal");
        Near(hessian, "w.ggn_diagonal");
        Near(fisher, "w.fisher_diagonal");

        void Near(double[] expected, string member) =>
            Assert.All(
                expected.Zip(tool.Read("out.npz", member)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-12),
                throwIfEmpty: true
            );
    }
}
