using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Losses of a part of an output, against formulas for softmax(tanh(x w) v).</summary>
public sealed class OutputPartTests
{
    private static readonly double[] X = [.. Enumerable.Range(0, 12).Select(i => (double)(float)Math.Sin(i + 1))];

    [Theory]
    [InlineData("z[:,1]", new[] { 1 }, 0, 4)]
    [InlineData("z[:,-1:]", new[] { 1 }, 0, 4)]
    [InlineData("z[1:3]", new[] { 0, 1 }, 1, 3)]
    [InlineData("z[-1,0]", new[] { 0 }, 3, 4)]
    public void The_loss_is_the_sum_of_the_part(string part, int[] classes, int first, int end)
    {
        using var tool = new Tool();
        var words = $"--wrt w --loss value:{part} --precision float64";
        var run = tool.Run($"run @model.onnx -o @out.npz {words} --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        double[] w = [.. Enumerable.Range(0, 12).Select(i => 0.5 * i)];
        double[] v = [.. Enumerable.Range(0, 8).Select(i => 0.5 * i)];
        var (loss, gradient, hessian) = (0.0, new double[12], new double[12]);
        foreach (var c in classes)
            for (var n = first; n < end; n++)
            for (var j = 0; j < 4; j++)
            {
                var t = Math.Tanh(Enumerable.Range(0, 3).Sum(i => X[3 * n + i] * w[4 * i + j]));
                loss += t * v[2 * j + c];
                for (var i = 0; i < 3; i++)
                {
                    gradient[4 * i + j] += v[2 * j + c] * (1 - t * t) * X[3 * n + i];
                    hessian[4 * i + j] += v[2 * j + c] * -2 * t * (1 - t * t) * X[3 * n + i] * X[3 * n + i];
                }
            }
        AssertClose([loss], tool.Read("out.npz", "loss"));
        AssertClose(gradient, tool.Read("out.npz", "w.gradient"));
        AssertClose(hessian, tool.Read("out.npz", "w.hessian_diagonal"));
        Assert.Equal(ExitCodes.Success, tool.Run($"verify @model.onnx {words} --data x=@x.npy").Code);
        Assert.Equal(ExitCodes.Success, tool.Run($"augment @model.onnx -o @file.onnx {words} --dim N=4").Code);
        Assert.Equal(ExitCodes.Success, tool.Run("run @file.onnx -o @out.npz --data x=@x.npy").Code);
        AssertClose(hessian, tool.Read("out.npz", "w.hessian_diagonal"));
    }

    [Theory]
    [InlineData("z[:,2]", "holds no index of axis 1 of 'z' [4,2]; give indices from 0 to 1")]
    [InlineData("z[:,0,0]", "has 3 indices, and 'z' has the shape [4,2]")]
    [InlineData("z[:,1-]", "has '1-' where an index belongs")]
    [InlineData("y_[:,1]", "The model has no value 'y_' to take the loss of")]
    public void A_part_that_is_not_there_is_reported(string part, string sentence)
    {
        using var tool = new Tool();
        var run = tool.Run($"run @model.onnx -o @out.npz --wrt w --loss value:{part} --dim N=4 --data x=@x.npy");
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.UserError, run.Code);
    }

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12), throwIfEmpty: true);
}
