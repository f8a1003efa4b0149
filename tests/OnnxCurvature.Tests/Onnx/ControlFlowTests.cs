using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>If, Loop and Scan: values, and derivatives of first and second order, with weights from around the bodies.</summary>
public sealed class ControlFlowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(true), InlineData(false)]
    public void A_branch_is_differentiated_in_what_it_captures(bool condition)
    {
        var model = Conditional();
        model.Graph.Input.Add(Info("condition", 9));
        var laws = new ModelLaws(
            model,
            _folder,
            ["x", "w"],
            new() { ["condition"] = Ir.Tensor.Scalar(ElementType.Bool, condition ? 1 : 0) }
        );
        Assert.Contains(laws.Model.Program.Nodes, node => node.Operator is If);
        laws.Check();
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_branch_that_is_known_to_be_taken_takes_the_place_of_the_node(bool condition)
    {
        var model = Conditional();
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "condition",
                DataType = 9,
                Int32Data = { condition ? 1 : 0 },
            }
        );
        var laws = new ModelLaws(model, _folder, ["x", "w"]);
        Assert.DoesNotContain(laws.Model.Program.Nodes, node => node.Operator is If);
        laws.Check();
    }

    [Theory, InlineData(1, 1), InlineData(1, 0), InlineData(0, 1)]
    public void Branches_may_hold_branches(int outer, int inner)
    {
        var deep = new GraphProto
        {
            Name = "deep",
            Node = { Node("Mul", "t w", "u") },
            Output = { Info("u", 1, "N", 3) },
        };
        var shallow = new GraphProto
        {
            Name = "shallow",
            Node = { Node("Exp", "x", "v") },
            Output = { Info("v", 1, "N", 3) },
        };
        var then = new GraphProto
        {
            Name = "then",
            Node = { Node("Tanh", "x", "t"), Node("If", "second", "s", Body("then_branch", deep), Body("else_branch", shallow)) },
            Output = { Info("s", 1, "N", 3) },
        };
        var otherwise = new GraphProto
        {
            Name = "else",
            Node = { Node("Identity", "x", "e") },
            Output = { Info("e", 1, "N", 3) },
        };
        var model = Model(Graph(Node("If", "first", "y", Body("then_branch", then), Body("else_branch", otherwise))));
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Input.Add(Info("first", 9));
        model.Graph.Input.Add(Info("second", 9));
        string[] with = ["x", "w"];
        if (outer == 0 || inner == 0)
            with = ["x"];
        new ModelLaws(
            model,
            _folder,
            with,
            new() { ["first"] = Ir.Tensor.Scalar(ElementType.Bool, outer), ["second"] = Ir.Tensor.Scalar(ElementType.Bool, inner) }
        ).Check();
    }

    [Fact]
    public void A_loop_of_known_iterations_is_written_out()
    {
        var model = LoopModels.Counted(stacks: true);
        model.Graph.Initializer.Add(Integer("trips", 3));
        model.Graph.Output.Add(Info("rows", 1, 3, "N", 3));
        var laws = new ModelLaws(model, _folder, ["x", "w"]);
        Assert.DoesNotContain(laws.Model.Program.Nodes, node => node.Operator is Loop);
        laws.Check();
    }

    [Fact]
    public void A_loop_ends_when_its_condition_does()
    {
        var inner = new GraphProto
        {
            Name = "inner",
            Input = { Info("j", 7), Info("more", 9), Info("z", 1, "N", 3) },
            Node = { Node("Identity", "more", "again"), Node("Sin", "z", "s"), Node("Add", "s w", "z_next") },
            Output = { Info("again", 9), Info("z_next", 1, "N", 3) },
        };
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("count", 7), Info("state", 1, "N", 3) },
            Node =
            {
                Node("Add", "count two", "count_next"),
                Node("Less", "count_next limit", "on"),
                Node("Loop", "two  state", "next", Body("body", inner)).Also(node => node.Input.Insert(1, "")),
            },
            Output = { Info("on", 9), Info("count_next", 7), Info("next", 1, "N", 3) },
        };
        var model = Model(Graph(Node("Loop", "condition zero x", "total y", Body("body", body)).Also(node => node.Input.Insert(0, ""))));
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Integer("two", 2));
        model.Graph.Initializer.Add(Integer("limit", 6));
        model.Graph.Initializer.Add(Integer("zero", 0));
        model.Graph.Initializer.Add(Truth("condition", true));
        var laws = new ModelLaws(model, _folder, ["x", "w"]);
        Assert.Equal(6, laws.Model.Program.Nodes.Count(node => node.Operator.Name == "Sin"));
        laws.Check();
    }

    [Fact]
    public void A_scan_is_written_out_in_its_directions_and_along_its_axes()
    {
        var laws = new ModelLaws(LoopModels.TwoSequences(3, taken: (0, 1), stacked: (-2, 1)), _folder, ["x", "w", "a", "z"]);
        Assert.Empty(laws.Model.UnknownNodes);
        laws.Check();
    }

    [Fact]
    public void Nodes_that_iterations_share_are_written_once()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("state", 1, "N", 3) },
            Node =
            {
                Node("Identity", "go", "on"),
                Node("Constant", "", "c", Tensor("value", Floats("c", 3))),
                Node("Add", "state c", "sum"),
                Node("Mul", "sum v", "next"),
            },
            Initializer = { Floats("v", 3) },
            Output = { Info("on", 9), Info("next", 1, "N", 3) },
        };
        var model = Model(Graph(Node("Loop", "trips  x", "y", Body("body", body)).Also(node => node.Input.Insert(1, ""))));
        model.Graph.Initializer.Add(Integer("trips", 5));
        var loaded = OnnxModel.Load(model.Save(_folder));
        Assert.Equal(
            2,
            loaded
                .Program.Nodes.SelectMany(node => node.Inputs)
                .Where(input => input?.Constant is not null && input.Type.Element.IsFloat())
                .Distinct()
                .Count()
        );
    }

    private static ModelProto Conditional()
    {
        var then = new GraphProto
        {
            Name = "then",
            Node = { Node("Mul", "h w", "t"), Node("Exp", "t", "t2"), Node("Identity", "h", "pass") },
            Output = { Info("t2", 1, "N", 3), Info("pass", 1, "N", 3) },
        };
        var otherwise = new GraphProto
        {
            Name = "else",
            Node = { Node("Add", "h v", "t"), Node("Mul", "t w", "t3"), Node("Sin", "t3", "t4") },
            Initializer = { Floats("v", 3) },
            Output = { Info("t4", 1, "N", 3), Info("v2", 1, "N", 3) },
        };
        otherwise.Node.Add(Node("Expand", "v shape", "v2"));
        var model = Model(
            Graph(Node("Sin", "x", "h"), Node("If", "condition", "y z", Body("then_branch", then), Body("else_branch", otherwise)))
        );
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Integers("shape", 2, 3));
        model.Graph.Output.Add(Info("z", 1, "N", 3));
        return model;
    }
}
