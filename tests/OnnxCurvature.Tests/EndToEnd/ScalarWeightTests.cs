using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Scalars in float64: a weight is the number that the file holds, also where that is a rounded decimal.</summary>
public sealed class ScalarWeightTests
{
    private static readonly double[] X = [0.5, -2, 1.5];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_scalar_that_is_differentiated_by_is_what_the_file_says(bool constant)
    {
        using var tool = new Tool();
        Save(tool, constant);
        var run = tool.Run("run @scale.onnx -o @o.npz --wrt s --loss sum --precision float64 --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        // L = Σ exp(s x), s being 0.1 as float32 has it.
        var s = (double)0.1f;
        Assert.Equal(X.Sum(x => x * Math.Exp(s * x)), tool.Read("o.npz", "s.gradient")[0], 1e-14);
        Assert.Equal(X.Sum(x => x * x * Math.Exp(s * x)), tool.Read("o.npz", "s.hessian_diagonal")[0], 1e-14);
    }

    [Fact]
    public void An_initializer_is_what_the_file_says_and_a_constant_of_a_formula_is_the_decimal()
    {
        foreach (var constant in new[] { false, true })
        {
            using var tool = new Tool();
            Save(tool, constant);
            var run = tool.Run("run @scale.onnx -o @o.npz --wrt x --loss sum --precision float64 --data x=@x.npy");
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
            var s = constant ? 0.1 : (double)0.1f;
            for (var index = 0; index < X.Length; index++)
                Assert.Equal(s * Math.Exp(s * X[index]), tool.Read("o.npz", "x.gradient")[index], 1e-14);
            if (constant)
                Assert.Contains(
                    "Numbers of formulas that the file rounds to float32 are taken for what they were: 0.1; weights,",
                    run.Output,
                    StringComparison.Ordinal
                );
            else
                Assert.DoesNotContain("rounds to float32", run.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>y = exp(x s) with s as an initializer or as a node Constant.</summary>
    private static void Save(Tool tool, bool constant)
    {
        var s = Weight("s", [], _ => 0.1f);
        var graph = new GraphProto
        {
            Name = "scale",
            Input = { Info("x", 1, "N", 1) },
            Output = { Info("y", 1, "N", 1) },
        };
        if (constant)
            graph.Node.Add(Node("Constant", "", "s", Tensor("value", s)));
        else
            graph.Initializer.Add(s);
        graph.Node.Add([Node("Mul", "x s", "h"), Node("Exp", "h", "y")]);
        tool.Save("scale.onnx", Model(graph));
        tool.Npy("x.npy", ElementType.Float32, [X.Length, 1], X);
    }
}
