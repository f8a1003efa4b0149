using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Transforms;
using Xunit;
using static OnnxCurvature.Tests.Onnx.LoopDerivativeTests;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Loops and scans in the graph of a model: which are one, what ends them, and which have no derivative.</summary>
public sealed class LoopGraphTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Equal_loops_become_one()
    {
        var graph = Recurrent();
        graph.Node.Add(graph.Node[0].Clone());
        (graph.Node[1].Output[0], graph.Node[1].Output[1]) = ("h_again", "rows_again");
        graph.Node.Add(Node("Add", "h_last h_again", "sum"));
        graph.Output.Clear();
        graph.Output.Add(Info("sum", 1, 2, 3));
        var program = OnnxModel.Load(Model(graph).Save(_folder)).Program;
        Assert.Equal(2, program.Nodes.Count(node => node.Operator is Scan));
        Assert.Equal(1, new OnnxCurvature.Passes.Simplifier().Run(program).Nodes.Count(node => node.Operator is Scan));
    }

    [Fact]
    public void Loops_that_differ_in_a_constant_are_not_merged()
    {
        var graph = Recurrent();
        graph.Node.Add(graph.Node[0].Clone());
        (graph.Node[1].Output[0], graph.Node[1].Output[1]) = ("h_again", "rows_again");
        graph.Node[1].Attribute.First(attribute => attribute.Name == "body").G.Node[1].Input[1] = "u2";
        graph.Initializer.Add(Small("u2", 3, 3).Also(tensor => tensor.FloatData[4] = 1));
        graph.Node.Add(Node("Add", "h_last h_again", "sum"));
        graph.Output.Clear();
        graph.Output.Add(Info("sum", 1, 2, 3));
        var program = OnnxModel.Load(Model(graph).Save(_folder)).Program;
        Assert.Equal(2, new OnnxCurvature.Passes.Simplifier().Run(program).Nodes.Count(node => node.Operator is Scan));
    }

    [Fact]
    public void The_condition_that_ends_a_loop_is_reported_as_a_discrete_choice()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("state", 1, "N", 3) },
            Node =
            {
                Node("Mul", "state w", "next"),
                Node("ReduceMax", "next", "most", Int("keepdims", 0)),
                Node("Less", "most limit", "on"),
            },
            Output = { Info("on", 9), Info("next", 1, "N", 3) },
        };
        var model = Model(Graph(Node("Loop", "trips start x", "y", Body("body", body))));
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Number("limit", 2f));
        model.Graph.Input.Add(Info("start", 9));
        model.Graph.Input.Add(Info("trips", 7));
        var loaded = OnnxModel.Load(model.Save(_folder));
        Assert.Equal(
            ["Less that makes 'on'"],
            OnnxCurvature.Methods.Paths.DiscreteChoices.Between([loaded.Values["w"]], loaded.Values["y"])
        );
    }

    [Fact]
    public void A_state_that_changes_its_shape_is_refused()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("state", 1, "M", 3) },
            Node = { Node("Identity", "go", "on"), Node("Concat", "state state", "next", Int("axis", 0)) },
            Output = { Info("on", 9), Info("next", 1, "M2", 3) },
        };
        var model = Model(Graph(Node("Loop", "trips  x", "y", Body("body", body)).Also(node => node.Input.Insert(1, ""))));
        model.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam = "P";
        model.Graph.Input.Add(Info("trips", 7));
        var loaded = OnnxModel.Load(model.Save(_folder));
        Assert.Contains(loaded.Program.Nodes, node => node.Operator is Loop);
        var exception = Assert.Throws<UnsupportedModelException>(() =>
            loaded.Builder.Linearize([loaded.Values["x"]], [loaded.Values["y"]])
        );
        Assert.Contains("keep its shape", exception.Message, StringComparison.Ordinal);
    }
}
