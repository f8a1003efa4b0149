using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Targets that are booleans or integers, or lack an axis of one, against formulas for z = x w.</summary>
public sealed class TargetElementTests
{
    private static readonly double[] X = [.. Enumerable.Range(0, 12).Select(i => (double)(float)Math.Sin(i + 1))];

    [Theory]
    [InlineData(ElementType.Bool, "")]
    [InlineData(ElementType.UInt8, "--batch-size 3")]
    [InlineData(ElementType.Int64, "--batch-size 2")]
    public void Binary_targets_may_be_booleans_and_integers(ElementType element, string batches)
    {
        using var tool = Ready();
        double[] targets = [1, 0, 0, 1];
        tool.Npy("target.npy", element, [4], targets);
        var run = tool.Run($"run @one.onnx -o @out.npz {Words} {batches} --data x=@x.npy target=@target.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        var (gradient, hessian) = (new double[3], new double[3]);
        for (var n = 0; n < 4; n++)
        {
            var p = 1 / (1 + Math.Exp(-(0.5 * X[3 * n + 1] + X[3 * n + 2])));
            for (var i = 0; i < 3; i++)
            {
                gradient[i] += X[3 * n + i] * (p - targets[n]) / 4;
                hessian[i] += X[3 * n + i] * X[3 * n + i] * p * (1 - p) / 4;
            }
        }
        Assert.All(
            gradient.Zip(tool.Read("out.npz", "w.gradient")),
            pair => Assert.Equal(pair.First, pair.Second, 1e-12),
            throwIfEmpty: true
        );
        Assert.All(
            hessian.Zip(tool.Read("out.npz", "w.hessian_diagonal")),
            pair => Assert.Equal(pair.First, pair.Second, 1e-12),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void An_integer_that_is_no_binary_target_is_reported()
    {
        using var tool = Ready();
        tool.Npy("target.npy", ElementType.Int64, [4], [0, 1, 2, 0]);
        var run = tool.Run($"run @one.onnx -o @out.npz {Words} --data x=@x.npy target=@target.npy");
        Assert.Contains("target.npy') holds 2, and targets of binary-cross-entropy are from 0 to 1", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.UserError, run.Code);
    }

    private const string Words = "--wrt w --loss binary-cross-entropy --precision float64";

    private static Tool Ready()
    {
        var tool = new Tool();
        tool.Save(
            "one.onnx",
            Model(
                new GraphProto
                {
                    Name = "one",
                    Input = { Info("x", 1, "N", 3) },
                    Output = { Info("z", 1, "N", 1) },
                    Initializer = { Floats("w", 3, 1) },
                    Node = { Node("MatMul", "x w", "z") },
                }
            )
        );
        return tool;
    }
}
