using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Losses of logits that are confident and right, in float32, against closed forms in double.</summary>
public sealed class ConfidentLogitTests
{
    [Theory]
    [InlineData(0, 24)]
    [InlineData(8, 16)]
    public void Binary_cross_entropy_is_right_where_every_logit_is_far_below_or_above_zero(int first, int count)
    {
        double[] x = [.. Enumerable.Range(first, count).Select(i => 15.0 + i)];
        foreach (var target in new[] { 0, 1 })
        {
            using var tool = new Tool();
            tool.Save("line.onnx", Line(sigmoid: false));
            // Logits are -x for a target of 0, and x for one of 1.
            tool.Npy("x.npy", ElementType.Float32, [count, 1], [.. x.Select(number => target == 0 ? number : -number)]);
            tool.Npy("target.npy", ElementType.Float32, [count, 1], [.. x.Select(_ => (double)target)]);
            var run = tool.Run(
                "run @line.onnx -o @o.npz --wrt w --loss binary-cross-entropy --quantity loss gradient hessian-diagonal ggn-diagonal "
                    + "--data x=@x.npy target=@target.npy"
            );
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
            // σ(-x) is e / (1 + e) and its derivative e / (1 + e)².
            double Mean(Func<double, double, double> term) => x.Select(number => term(number, Math.Exp(-number))).Average();
            var sign = target == 0 ? 1 : -1;
            Close(Mean((_, e) => e * (1 - e / 2)), tool.Read("o.npz", "loss")[0]);
            Close(sign * Mean((number, e) => (target == 0 ? number : -number) * e / (1 + e)), tool.Read("o.npz", "w.gradient")[0]);
            foreach (var quantity in new[] { "hessian", "ggn" })
                Close(Mean((number, e) => number * number * e / ((1 + e) * (1 + e))), tool.Read("o.npz", $"w.{quantity}_diagonal")[0]);
        }
    }

    [Fact]
    public void Cross_entropy_is_right_where_the_class_is_sure_and_the_label()
    {
        double[][] logits =
        [
            [20, 1, 0],
            [24, -1, 2],
            [18, 0.5, 0.25],
        ];
        using var tool = new Tool();
        tool.Save(
            "shift.onnx",
            Model(
                new GraphProto
                {
                    Name = "shift",
                    Input = { Info("x", 1, "N", 3) },
                    Output = { Info("z", 1, "N", 3) },
                    Initializer = { Weight("w", [3], _ => 0) },
                    Node = { Node("Add", "x w", "z") },
                }
            )
        );
        tool.Npy("x.npy", ElementType.Float32, [3, 3], [.. logits.SelectMany(row => row)]);
        tool.Npy("labels.npy", ElementType.Int64, [3], 0, 0, 0);
        var run = tool.Run(
            "run @shift.onnx -o @o.npz --wrt w --loss cross-entropy --quantity loss gradient hessian-diagonal ggn-diagonal --data "
                + "x=@x.npy labels=@labels.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        // ln(1 + s) by its series, since s is small.
        Close(
            logits.Select(row => Math.Exp(row[1] - row[0]) + Math.Exp(row[2] - row[0])).Average(s => s * (1 - s / 2)),
            tool.Read("o.npz", "loss")[0]
        );
        for (var c = 0; c < 3; c++)
        {
            double Mean(Func<double, double, double> term) =>
                logits
                    .Select(row =>
                    {
                        var others = Math.Exp(row[1] - row[0]) + Math.Exp(row[2] - row[0]);
                        var own = c == 0 ? 1 : Math.Exp(row[c] - row[0]);
                        return term(own / (1 + others), (c == 0 ? others : 1 + others - own) / (1 + others));
                    })
                    .Average();
            Close(c == 0 ? -Mean((_, q) => q) : Mean((p, _) => p), tool.Read("o.npz", "w.gradient")[c]);
            Close(Mean((p, q) => p * q), tool.Read("o.npz", "w.hessian_diagonal")[c]);
            Close(Mean((p, q) => p * q), tool.Read("o.npz", "w.ggn_diagonal")[c]);
        }
    }

    [Theory]
    [InlineData("p")]
    [InlineData("flat")]
    public void Binary_cross_entropy_of_probabilities_starts_from_the_logits_and_that_is_said(string output)
    {
        using var tool = new Tool();
        tool.Save("line.onnx", Line(sigmoid: true));
        double[] x = [0.5, -2, 16, 30];
        double[] target = [0.25, 1, 0, 1];
        long[] shape = output == "p" ? [4, 1] : [4];
        tool.Npy("x.npy", ElementType.Float32, [4, 1], x);
        tool.Npy("target.npy", ElementType.Float32, shape, target);
        var run = tool.Run($"run @line.onnx -o @o.npz --wrt w --loss binary-cross-entropy:{output} --data x=@x.npy target=@target.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("The loss starts from 'z', the logits before Sigmoid that makes 'p'.", run.Output, StringComparison.Ordinal);
        static double Sigma(double z) => 1 / (1 + Math.Exp(-z));
        Close(
            x.Zip(target, (at, t) => t * Math.Log(1 + Math.Exp(at)) + (1 - t) * Math.Log(1 + Math.Exp(-at))).Average(),
            tool.Read("o.npz", "loss")[0]
        );
        Close(x.Zip(target, (at, t) => (Sigma(-at) - t) * at).Average(), tool.Read("o.npz", "w.gradient")[0]);
        Close(x.Average(at => Sigma(at) * Sigma(-at) * at * at), tool.Read("o.npz", "w.hessian_diagonal")[0]);
    }

    /// <summary>z = x w for w = -1; and p = σ(z), also without its last axis as <c>flat</c>.</summary>
    private static ModelProto Line(bool sigmoid)
    {
        var graph = new GraphProto
        {
            Name = "line",
            Input = { Info("x", 1, "N", 1) },
            Output = { Info("z", 1, "N", 1) },
            Initializer = { Weight("w", [1, 1], _ => -1), Integers("size", -1) },
            Node = { Node("MatMul", "x w", "z") },
        };
        if (sigmoid)
        {
            graph.Output.Add(Info("p", 1, "N", 1));
            graph.Output.Add(Info("flat", 1, "N"));
            graph.Node.Add([Node("Sigmoid", "z", "p"), Node("Reshape", "p size", "flat")]);
        }
        return Model(graph);
    }

    private static void Close(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 2e-5 * Math.Abs(expected), $"{expected:R} expected, {actual:R} found");
}
