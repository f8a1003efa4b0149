using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Which constants of a file are weights, and which are parts of formulas.</summary>
public sealed class ConstantRoleTests
{
    [Theory]
    [InlineData("MatMul x c:3,3", true)]
    [InlineData("Add x c:3", true)]
    [InlineData("Mul x c:3", true)]
    [InlineData("PRelu x c:1", true)]
    [InlineData("Mul x c:=0.7320614", true)]
    [InlineData("Mul x c:=0.70710678", false)]
    [InlineData("Add x c:=0.00001", false)]
    [InlineData("Add x c:1=0.00001", false)]
    [InlineData("Pow x c:=2", false)]
    [InlineData("Clip x c:=0.1234567", false)]
    [InlineData("Add x c:3=-1e9", false)]
    [InlineData("Less x c:3", false)]
    public void An_initializer_is_a_weight_by_its_use(string use, bool isWeight)
    {
        var (op, name, tensor) = Parse(use);
        var nodes =
            op == "Less" ? new[] { Node(op, $"x {name}", "m"), Node("Cast", "m", "y", Int("to", 1)) } : [Node(op, $"x {name}", "y")];
        Assert.Equal(isWeight, Names(Graph(nodes).Also(graph => graph.Initializer.Add(tensor))).Contains("c"));
    }

    [Fact]
    public void A_number_of_a_node_Constant_is_none()
    {
        var number = Weight("", [], _ => 0.7320614);
        Assert.Empty(Names(Graph(Node("Constant", "", "c", Tensor("value", number)), Node("Mul", "x c", "y"))));
    }

    [Fact]
    public void A_form_of_a_constant_is_used_as_its_output_is()
    {
        var graph = Graph(
                Node("Transpose", "w", "t"),
                Node("Unsqueeze", "e axes", "f"),
                Node("Add", "x f", "h"),
                Node("MatMul", "h t", "y")
            )
            .Also(graph => graph.Initializer.Add([Weight("w", [3, 3], index => index), Weight("e", [], _ => 1e-5)]))
            .Also(graph => graph.Initializer.Add(Integers("axes", 0)));
        Assert.Equal(["w"], Names(graph));
    }

    [Fact]
    public void The_bias_of_a_layer_with_one_output_is_a_weight_whatever_it_is()
    {
        var graph = Graph(Node("MatMul", "x w", "h"), Node("Add", "h b", "y"));
        graph.Initializer.Add([Weight("w", [3, 1], index => index), Weight("b", [1], _ => 0)]);
        graph.Output[0] = Info("y", 1, "N", 1);
        Assert.Equal(["w", "b"], Names(graph));
    }

    [Fact]
    public void Statistics_of_a_batch_are_no_weights_and_its_scale_and_bias_are()
    {
        var graph = Graph(Node("BatchNormalization", "x scale bias mean variance", "y"));
        foreach (var name in new[] { "scale", "bias", "mean", "variance" })
            graph.Initializer.Add(Weight(name, [3], index => index + 1));
        Assert.Equal(["scale", "bias"], Names(graph));
    }

    [Theory]
    [InlineData(1, 0, "")]
    [InlineData(1, 0.7320614, "bias")]
    [InlineData(0.7320614, 0, "scale")]
    public void Ones_and_zeros_that_nodes_give_a_normalization_are_no_weights(double scale, double bias, string weights)
    {
        var nodes = new[]
        {
            Node("Constant", "", "scale", Tensor("value", Weight("", [3], _ => scale))),
            Node("Constant", "", "bias", Tensor("value", Weight("", [3], _ => bias))),
            Node("LayerNormalization", "x scale bias", "y"),
        };
        Assert.Equal(weights.Split(' ', StringSplitOptions.RemoveEmptyEntries), Names(Graph(nodes)));
        // A network that was not trained has the same numbers among its initializers.
        var trained = Graph(nodes[2]);
        trained.Initializer.Add([Weight("scale", [3], _ => scale), Weight("bias", [3], _ => bias)]);
        Assert.Equal(["scale", "bias"], Names(trained));
    }

    [Fact]
    public void A_constant_of_a_formula_is_taken_by_its_name_and_by_no_pattern()
    {
        using var folder = new TemporaryFolder();
        var graph = Graph(Node("Mul", "x half", "h"), Node("Add", "h bias", "y"));
        graph.Initializer.Add([Weight("half", [], _ => 0.5), Weight("bias", [3], index => index)]);
        var model = OnnxModel.Load(Model(graph).Save(folder)).Graph;
        Assert.Equal(["bias"], Target.Resolve(model, ["*"]).Select(target => target.Name));
        Assert.Equal(["half"], Target.Resolve(model, ["half"]).Select(target => target.Name));
        var refusal = Assert.Throws<UserErrorException>(() => Target.Resolve(model, ["hal*"]));
        Assert.Contains("'half', a constant of a formula; name it without a pattern.", refusal.Message, StringComparison.Ordinal);
    }

    private static string[] Names(GraphProto graph)
    {
        using var folder = new TemporaryFolder();
        return [.. OnnxModel.Load(Model(graph).Save(folder)).Weights.Select(weight => weight.Name!)];
    }

    /// <summary>Reads <c>Op x c:dims=element</c>; without an element they are 0, 1, ….</summary>
    private static (string Op, string Name, TensorProto Tensor) Parse(string use)
    {
        var words = use.Split(' ');
        var parts = words[2].Split(':', '=');
        long[] dims = [.. parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
        var element = parts.Length > 2 ? double.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) : (double?)null;
        return (words[0], parts[0], Weight(parts[0], dims, index => element ?? index));
    }
}
