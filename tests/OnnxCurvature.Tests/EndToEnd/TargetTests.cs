using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Weights, inputs and intermediate values, for losses of outputs, of other values, and of the model itself.</summary>
public sealed class TargetTests
{
    [Theory]
    [InlineData("--wrt w --loss cross-entropy:p", "labels=@labels.npy")]
    [InlineData("--wrt x --loss cross-entropy", "labels=@labels.npy")]
    [InlineData("--wrt h --loss cross-entropy:z", "labels=@labels.npy")]
    [InlineData("--wrt t --loss cross-entropy:y", "labels=@labels.npy")]
    [InlineData("--wrt t[1:3] v --loss mse:z", "target=@target.npy")]
    [InlineData("--wrt ? --loss binary-cross-entropy:y --reduction sum", "target=@target.npy")]
    [InlineData("--wrt w[2] --loss sum:t", "")]
    [InlineData("--wrt v x --loss value:z", "")]
    [InlineData("--wrt w --loss value:t", "")]
    public void Differences_agree(string words, string data)
    {
        using var tool = new Tool();
        tool.Npy("target.npy", ElementType.Float32, [4, 2], 0.5, 0.1, 1, 0, 0.3, 0.7, 0.9, 0.2);
        var run = tool.Run($"verify @model.onnx {words} --data x=@x.npy {data} --samples 50");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains(" agree.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_no_scalar_is_summed_and_that_is_said()
    {
        using var tool = new Tool();
        var value = tool.Run("run @model.onnx -o @value.npz --wrt w --loss value:t --data x=@x.npy");
        Assert.Contains("'t' has the shape [4,4], so the loss is the sum of its entries.", value.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, tool.Run("run @model.onnx -o @sum.npz --wrt w --loss sum:t --data x=@x.npy").Code);
        Assert.Equal(tool.Read("sum.npz", "w.hessian_diagonal"), tool.Read("value.npz", "w.hessian_diagonal"));
    }

    [Fact]
    public void Cross_entropy_of_probabilities_starts_from_the_logits_and_that_is_said()
    {
        using var tool = new Tool();
        var run = tool.Run("run @model.onnx -o @p.npz --wrt w --loss cross-entropy:p --data x=@x.npy labels=@labels.npy");
        Assert.Contains("The loss starts from 'z', the logits before Softmax that makes 'p'.", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            ExitCodes.Success,
            tool.Run("run @model.onnx -o @z.npz --wrt w --loss cross-entropy:z --data x=@x.npy labels=@labels.npy").Code
        );
        Assert.Equal(tool.Read("z.npz", "loss"), tool.Read("p.npz", "loss"));
    }

    [Fact]
    public void Data_of_a_wider_type_are_rounded_and_that_is_said()
    {
        using var tool = new Tool();
        tool.Npy("double.npy", ElementType.Float64, [4, 3], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i + 1))]);
        tool.Npy("small.npy", ElementType.UInt8, [4], 0, 1, 1, 0);
        var run = tool.Run("run @model.onnx -o @a.npz --wrt w --loss cross-entropy:z --data x=@double.npy labels=@small.npy");
        Assert.Contains(
            "double.npy') holds float64, and is rounded to the float32 that the input takes.",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("--data 'labels'", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            ExitCodes.Success,
            tool.Run("run @model.onnx -o @b.npz --wrt w --loss cross-entropy:z --data x=@x.npy labels=@labels.npy").Code
        );
        Assert.Equal(tool.Read("b.npz", "w.hessian_diagonal"), tool.Read("a.npz", "w.hessian_diagonal"));
    }

    [Theory]
    [InlineData("mean", 2)]
    [InlineData("mean", 3)]
    [InlineData("sum", 1)]
    public void Batches_give_for_each_sample_what_all_samples_at_once_give(string reduction, int size)
    {
        using var tool = new Tool();
        var words = $"run @model.onnx --wrt x h w --loss cross-entropy --reduction {reduction} --data x=@x.npy labels=@labels.npy";
        Assert.Equal(ExitCodes.Success, tool.Run($"{words} -o @all.npz").Code);
        var run = tool.Run($"{words} -o @some.npz --batch-size {size}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        foreach (
            var name in (string[])
                ["loss", "x.gradient", "x.hessian_diagonal", "h.gradient", "h.hessian_diagonal", "w.gradient", "w.hessian_diagonal"]
        )
        {
            var (all, some) = (tool.Read("all.npz", name), tool.Read("some.npz", name));
            Assert.Equal(all.Length, some.Length);
            Assert.All(all.Zip(some), pair => Assert.Equal(pair.First, pair.Second, 1e-6), throwIfEmpty: true);
        }
    }

    [Fact]
    public void A_range_of_samples_in_several_batches_is_refused()
    {
        using var tool = new Tool();
        var run = tool.Run(
            "run @model.onnx -o @o.npz --wrt x[1] --loss cross-entropy --data x=@x.npy labels=@labels.npy --batch-size 2 --dim N=2"
        );
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            "because 'x[1]' depends on the samples and does not hold them one after the other along its first axis",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Weights_from_Constant_and_ConstantOfShape_nodes_and_initializers_that_are_inputs_are_weights()
    {
        using var tool = new Tool();
        tool.Save(
            "old.onnx",
            Model(
                    Graph(
                        Node("Constant", "", "a", Tensor("value", Floats("", 3, 4))),
                        Node("ConstantOfShape", "shape", "c", Tensor("value", Floats("", 1))),
                        Node("MatMul", "x a", "h"),
                        Node("Add", "h c", "s"),
                        Node("Exp", "s", "e"),
                        Node("MatMul", "e b", "y")
                    ),
                    opset: 9,
                    irVersion: 3
                )
                .Also(model =>
                {
                    model.Graph.Initializer.Add(Floats("b", 4, 3));
                    model.Graph.Initializer.Add(
                        new OnnxCurvature.Onnx.Proto.TensorProto
                        {
                            Name = "shape",
                            DataType = 7,
                            Dims = { 1 },
                            Int64Data = { 4 },
                        }
                    );
                    model.Graph.Input.Add(Info("b", 1, 4, 3));
                    model.Graph.Input.Add(Info("shape", 7, 1));
                })
        );
        tool.Npy("target.npy", ElementType.Float32, [4, 3], new double[12]);
        var run = tool.Run("verify @old.onnx --wrt a b c --loss mse --data x=@x.npy target=@target.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        foreach (var name in (string[])["a", "b", "c"])
            Assert.Matches($@"{name}\.hessian_diagonal +central difference of the gradient +(4 of 4|12 of 12)", run.Output);
    }
}
