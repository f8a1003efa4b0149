using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Models of one node whose inputs are all given as data, as those of ONNX's own node tests are.</summary>
public sealed class NodeInputTests
{
    private const int UInt32 = 12;
    private const int Bool = 9;

    /// <summary>(xᵖ)' = p xᵖ⁻¹ and (xᵖ)'' = p (p − 1) xᵖ⁻², for exponents of a type that ONNX Runtime has no kernel of.</summary>
    [Fact]
    public void Exponents_may_be_integers_of_any_type()
    {
        using var tool = new Tool();
        tool.Save("pow.onnx", OneNode("Pow", ("x", 1, [3]), ("y", UInt32, [3])));
        double[] x = [1, 2, 3];
        tool.Npy("x.npy", ElementType.Float32, [3], x);
        tool.Npy("y.npy", ElementType.UInt32, [3], 4, 5, 6);
        var run = tool.Run(
            "run @pow.onnx -o @o.npz --wrt x --loss sum:z --reduction sum --quantity gradient hessian-diagonal --data x=@x.npy y=@y.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Equal(x.Select((number, at) => (at + 4) * Math.Pow(number, at + 3)), tool.Read("o.npz", "x.gradient"));
        Assert.Equal(x.Select((number, at) => (at + 4) * (at + 3) * Math.Pow(number, at + 2)), tool.Read("o.npz", "x.hessian_diagonal"));
    }

    /// <summary>Dropout that trains and drops nothing is no random function, also where its data say so.</summary>
    [Theory]
    [InlineData(0, ExitCodes.Success)]
    [InlineData(0.5, ExitCodes.UserError)]
    public void A_ratio_that_is_given_as_data_says_whether_dropout_is_random(double ratio, int code)
    {
        using var tool = new Tool();
        tool.Save("dropout.onnx", OneNode("Dropout", ("x", 1, [3]), ("ratio", 1, []), ("trains", Bool, [])));
        tool.Npy("x.npy", ElementType.Float32, [3], 1, 2, 3);
        tool.Npy("ratio.npy", ElementType.Float32, [], ratio);
        tool.Npy("trains.npy", ElementType.Bool, [], 1);
        var run = tool.Run(
            "run @dropout.onnx -o @o.npz --wrt x --loss sum:z --reduction sum --quantity gradient --data x=@x.npy ratio=@ratio.npy "
                + "trains=@trains.npy"
        );
        Assert.True(run.Code == code, run.ToString());
        if (code == ExitCodes.Success)
            Assert.Equal([1, 1, 1], tool.Read("o.npz", "x.gradient"));
        else
            Assert.Contains("training mode", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A model that takes no samples at all is refused for that.</summary>
    [Fact]
    public void A_first_axis_of_size_zero_holds_no_samples()
    {
        using var tool = new Tool();
        tool.Save("relu.onnx", OneNode("Relu", ("x", 1, [0, 3])));
        tool.Npy("x.npy", ElementType.Float32, [0, 3]);
        var run = tool.Run("run @relu.onnx -o @o.npz --wrt x --loss sum:z --quantity gradient --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("--data 'x' holds no samples; give at least one.", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A model without inputs has no values that its run could give to the check; ∂(p·x)/∂p = x for x &lt; 0.</summary>
    [Fact]
    public void A_model_may_consist_of_weights_alone()
    {
        using var tool = new Tool();
        var model = OneNode("PRelu", ("x", 1, [1]), ("slope", 1, [1]));
        model.Graph.Input.Clear();
        foreach (var (name, number) in ((string, float)[])[("x", -2), ("slope", 3)])
            model.Graph.Initializer.Add(
                new TensorProto
                {
                    Name = name,
                    DataType = 1,
                    Dims = { 1 },
                    FloatData = { number },
                }
            );
        tool.Save("weights.onnx", model);
        var run = tool.Run("run @weights.onnx -o @o.npz --wrt slope --loss sum:z --reduction sum --quantity gradient hessian-diagonal");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Equal([-2], tool.Read("o.npz", "slope.gradient"));
        Assert.Equal([0], tool.Read("o.npz", "slope.hessian_diagonal"));
    }

    private static ModelProto OneNode(string op, params (string Name, int Element, object[] Dims)[] inputs)
    {
        var graph = new GraphProto
        {
            Name = "one",
            Input = { inputs.Select(input => Info(input.Name, input.Element, input.Dims)) },
            Output = { Info("z", 1, inputs[0].Dims) },
            Node = { Node(op, string.Join(' ', inputs.Select(input => input.Name)), "z") },
        };
        return Model(graph);
    }
}
