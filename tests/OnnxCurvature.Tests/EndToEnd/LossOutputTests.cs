using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>A loss is a function of the value that it is taken of, also where that is the negative or a reshape of another.</summary>
public sealed class LossOutputTests
{
    [Fact]
    public void A_negative_is_not_passed_by_where_the_loss_takes_the_negative_of_it()
    {
        using var tool = new Tool();
        tool.Save(
            "negative.onnx",
            Model(Graph(Node("Mul", "x w", "u"), Node("Neg", "u", "y"))).Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
        );
        double[] target = [.. Enumerable.Range(0, 12).Select(index => 0.5 + 0.4 * Math.Sin(2 * index + 1))];
        tool.Npy("target.npy", ElementType.Float32, [4, 3], target);
        var run = tool.Run(
            "run @negative.onnx -o @out.npz --wrt w --loss binary-cross-entropy --precision float64 --quantity gradient fisher-diagonal "
                + "hessian-diagonal --data x=@x.npy target=@target.npy"
        );
        Assert.Equal("", run.Error);
        Assert.Equal(ExitCodes.Success, run.Code);

        double[] w = [0, 0.5, 1];
        var (gradient, fisher, hessian) = (new double[3], new double[3], new double[3]);
        for (var n = 0; n < 4; n++)
        for (var j = 0; j < 3; j++)
        {
            var x = (double)(float)Math.Sin(3 * n + j + 1);
            var p = 1 / (1 + Math.Exp(x * w[j]));
            // L is the mean over 12 entries, so a sample's own loss is 4 / 12 of its entries' sum.
            var own = -x * (p - (float)target[3 * n + j]) / 3;
            gradient[j] += own / 4;
            fisher[j] += own * own / 4;
            hessian[j] += x * x * p * (1 - p) / 12;
        }
        Assert.Equal(gradient, tool.Read("out.npz", "w.gradient"), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(fisher, tool.Read("out.npz", "w.fisher_diagonal"), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(hessian, tool.Read("out.npz", "w.hessian_diagonal"), (a, b) => Math.Abs(a - b) < 1e-12);
    }
}
