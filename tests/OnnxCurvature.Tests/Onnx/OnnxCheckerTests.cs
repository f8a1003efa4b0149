using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>The findings of the checker of written models.</summary>
public sealed class OnnxCheckerTests
{
    [Fact]
    public void A_model_that_is_in_order_has_no_problems() =>
        Assert.Empty(Problems(Model(Graph(Node("Relu", "x", "h"), Node("Neg", "h", "y")))));

    [Fact]
    public void A_value_is_used_after_it_is_made() =>
        Finds("takes 'h', which is not defined before it", Node("Neg", "h", "y"), Node("Relu", "x", "h"));

    [Fact]
    public void A_value_is_made_once() =>
        Finds(
            "'h', defined by Neg '', is empty or defined elsewhere",
            Node("Relu", "x", "h"),
            Node("Neg", "x", "h"),
            Node("Neg", "h", "y")
        );

    [Fact]
    public void Nodes_have_names_of_their_own() =>
        Finds(
            "Two nodes have the name 'n'",
            Node("Relu", "x", "h").Also(node => node.Name = "n"),
            Node("Neg", "h", "y").Also(node => node.Name = "n")
        );

    [Fact]
    public void An_output_is_made_in_its_graph() => Finds("The output 'y' is not defined in its graph", Node("Relu", "x", "h"));

    [Fact]
    public void An_operator_is_one_of_the_opset()
    {
        Finds("opset 17 does not have", Node("Gelu", "x", "y"));
        Assert.Empty(Problems(Model(Graph(Node("Gelu", "x", "y")), opset: 20, irVersion: 9)));
        Finds("opset 17 has given up", Node("Scatter", "x x x", "y"));
        Finds("opset 17 does not have", Node("Nonsense", "x", "y"));
    }

    [Fact]
    public void Inputs_and_outputs_are_as_many_as_the_operator_has()
    {
        Finds("lacks 'B' among its inputs", Node("Add", "x", "y"));
        Finds("has 2 inputs, and 1 at most", Node("Relu", "x x", "y"));
        Finds("has 2 outputs, and 1 at most", Node("Relu", "x", "y z"));
        Finds("lacks 'data_0' among its inputs", Node("Sum", "", "y"));
        Assert.Empty(Problems(Model(Graph(Node("Sum", "x x x", "y")))));
    }

    [Fact]
    public void Attributes_are_those_of_the_operator_in_the_opset()
    {
        Finds("lacks the attribute 'axis'", Node("Concat", "x x", "y"));
        Finds("the attribute 'axis', which opset 17 does not know", Node("Relu", "x", "y", Int("axis", 1)));
        Finds("the attribute 'axis' twice", Node("Softmax", "x", "y", Int("axis", 1), Int("axis", 1)));
        Finds("the attribute 'perm' of kind Int, and Ints is expected", Node("Transpose", "x", "y", Int("perm", 1)));
        Assert.Contains(
            Problems(Model(Graph(Node("Shape", "x", "s", Int("start", 1)), Node("Neg", "x", "y")), opset: 13, irVersion: 7)),
            problem => problem.Contains("opset 13 does not know", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Element_types_are_followed_through_the_graph()
    {
        Finds("takes 'i' of int64, and another value of the same type is of float32", Node("Shape", "x", "i"), Node("Add", "x i", "y"));
        Finds("takes 'x' of float32, which opset 17 does not allow for 'shape'", Node("Reshape", "x x", "y"));
        Finds("takes 'b' of bool, which opset 17 does not allow for 'X'", Node("Cast", "x", "b", Int("to", 9)), Node("Relu", "b", "y"));
        Finds("The output 'y' is declared as float32, and int64 is computed", Node("Shape", "x", "y"));
        Finds("takes 'c' of int64, and", Node("Constant", "", "c", Tensor("value", Integers("", 1, 2))), Node("Mul", "x c", "y"));
    }

    [Fact]
    public void Bodies_see_what_is_around_them_and_share_its_names()
    {
        static NodeProto[] Loop(params NodeProto[] body) =>
            [
                Node("Constant", "", "n", Int("value_int", 3)),
                Node("Loop", "n  x", "y", Body("body", Loops(body)))
                    .Also(node =>
                    {
                        node.Input.Clear();
                        node.Input.AddRange(["n", "", "x"]);
                    }),
            ];
        Assert.Empty(Problems(Model(Graph(Loop(Node("Identity", "going", "still"), Node("Add", "state x", "next"))))));
        Finds(
            "'n', defined by Add '', is empty or defined elsewhere",
            Loop(Node("Identity", "going", "still"), Node("Add", "state x", "n"), Node("Neg", "n", "next"))
        );
        Finds(
            "gives 2 values, and 4 and 2 are expected",
            [
                .. Loop(Node("Identity", "going", "still"), Node("Add", "state x", "next"))
                    .Select(node =>
                        node.Also(loop =>
                        {
                            if (loop.OpType == "Loop")
                                loop.Input.Add("x");
                        })
                    ),
            ]
        );
        Finds(
            "takes 'next', which is not defined before it",
            [.. Loop(Node("Identity", "going", "still"), Node("Add", "state x", "next")), Node("Neg", "next", "z")]
        );
    }

    [Fact]
    public void Opsets_are_named_once_and_fit_the_version_of_the_format()
    {
        Assert.Contains(
            Problems(Model(Graph(Node("Relu", "x", "y")), opset: 21, irVersion: 8)),
            problem => problem.Contains("older than opset 21", StringComparison.Ordinal)
        );
        Assert.Contains(
            Problems(Model(Graph(Node("Relu", "x", "y").Also(node => node.Domain = "com.example")))),
            problem => problem.Contains("does not name", StringComparison.Ordinal)
        );
    }

    private static GraphProto Loops(NodeProto[] nodes) =>
        new()
        {
            Name = "body",
            Input = { Info("round", 7), Info("going", 9), Info("state", 1, "N", 3) },
            Output = { Info("still", 9), Info("next", 1, "N", 3) },
            Node = { nodes },
        };

    private static void Finds(string sentence, params NodeProto[] nodes) =>
        Assert.Contains(Problems(Model(Graph(nodes))), problem => problem.Contains(sentence, StringComparison.Ordinal));

    private static IReadOnlyList<string> Problems(ModelProto model)
    {
        using var folder = new TemporaryFolder();
        return OnnxChecker.Check(model.Save(folder));
    }
}
