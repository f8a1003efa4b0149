using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Transforms;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Loop and Scan whose number of iterations is known only when they run: values, and derivatives of first and second
/// order.</summary>
[Trait("Category", "Slow")]
public sealed class LoopDerivativeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void A_recurrent_net_over_steps_that_only_the_data_determine_is_differentiated(int steps)
    {
        var laws = new ModelLaws(Model(Recurrent()), _folder, ["w", "u", "x", "h0"], sizes: new() { ["T"] = steps });
        Assert.Contains(laws.Model.Program.Nodes, node => node.Operator is Scan);
        laws.Check();
    }

    [Theory, InlineData(1, 0, 0), InlineData(3, 1, 0), InlineData(3, 0, 1), InlineData(3, 1, 1)]
    public void Sequences_may_be_taken_and_stacked_backwards_and_along_other_axes(int steps, int taken, int stacked)
    {
        var model = LoopModels.TwoSequences("T", (-2, taken), (0, stacked));
        new ModelLaws(model, _folder, ["x", "w", "a", "z"], sizes: new() { ["T"] = steps }).Check();
    }

    [Theory, InlineData(0), InlineData(1), InlineData(4)]
    public void A_loop_of_as_many_iterations_as_an_input_says_is_differentiated(int iterations)
    {
        var model = LoopModels.Counted(stacks: false);
        model.Graph.Input.Add(Info("trips", 7));
        string[] with = iterations == 0 ? ["x"] : ["x", "w"];
        new ModelLaws(model, _folder, with, new() { ["trips"] = Ir.Tensor.Scalar(ElementType.Int64, iterations) }).Check();
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_loop_that_its_body_ends_is_differentiated_over_its_iterations(bool stacks)
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("state", 1, "N", 3) },
            Node =
            {
                Node("Mul", "state w", "scaled"),
                Node("Sin", "scaled", "s"),
                Node("Add", "state s", "next"),
                Node("ReduceMax", "next", "most", Int("keepdims", 0)),
                Node("Less", "most limit", "on"),
                Node("Exp", "s", "row"),
            },
            Output = { Info("on", 9), Info("next", 1, "N", 3) },
        };
        if (stacks)
            body.Output.Add(Info("row", 1, "N", 3));
        var model = Model(
            Graph(Node("Loop", "start x", stacks ? "y rows" : "y", Body("body", body)).Also(node => node.Input.Insert(0, "")))
        );
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Number("limit", 2f));
        model.Graph.Input.Add(Info("start", 9));
        if (stacks)
            model.Graph.Output.Add(Info("rows", 1, "", "N", 3));
        new ModelLaws(
            model,
            _folder,
            ["x", "w"],
            new() { ["start"] = Ir.Tensor.Scalar(ElementType.Bool, 1), ["x"] = Ir.Tensor.Of([2, 3], [0.1, 0.3, 0.5, -0.2, 0.4, 0.9]) }
        ).Check();
    }

    [Theory, InlineData(3, 2), InlineData(1, 1)]
    public void Loops_may_hold_loops_and_branches(int outer, int inner)
    {
        var deep = new GraphProto
        {
            Name = "deep",
            Input = { Info("j", 7), Info("more", 9), Info("z", 1, "N", 3) },
            Node = { Node("Identity", "more", "again"), Node("Sin", "z", "s"), Node("Mul", "s w", "t"), Node("Add", "t step", "z_next") },
            Output = { Info("again", 9), Info("z_next", 1, "N", 3) },
        };
        var yes = new GraphProto
        {
            Name = "yes",
            Node = { Node("Loop", "trips  state", "many", Body("body", deep)).Also(node => node.Input.Insert(1, "")) },
            Output = { Info("many", 1, "N", 3) },
        };
        var no = new GraphProto
        {
            Name = "no",
            Node = { Node("Mul", "state step", "e"), Node("Tanh", "e", "f") },
            Output = { Info("f", 1, "N", 3) },
        };
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("state", 1, "N", 3), Info("step", 1, 3) },
            Node =
            {
                Node("ReduceSum", "step", "total", Int("keepdims", 0)),
                Node("Greater", "total zero", "up"),
                Node("If", "up", "next", Body("then_branch", yes), Body("else_branch", no)),
                Node("Mul", "next next", "row"),
            },
            Output = { Info("next", 1, "N", 3), Info("row", 1, "N", 3) },
        };
        var model = Model(Graph(Node("Scan", "x steps", "y rows", Body("body", body), Int("num_scan_inputs", 1))));
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Number("zero", 0f));
        model.Graph.Input.Add(Info("steps", 1, "T", 3));
        model.Graph.Input.Add(Info("trips", 7));
        model.Graph.Output.Add(Info("rows", 1, "T", "N", 3));
        new ModelLaws(
            model,
            _folder,
            ["x", "w", "steps"],
            new()
            {
                ["trips"] = Ir.Tensor.Scalar(ElementType.Int64, inner),
                ["steps"] = Ir.Tensor.Of([outer, 3], [.. new[] { 0.5, 0.2, 0.1, -0.4, 0.3, -0.6, 0.3, 0.8, -0.1 }.Take(3 * outer)]),
            }
        ).Check();
    }

    [Fact]
    public void A_loop_in_a_branch_is_differentiated()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("state", 1, 3), Info("row", 1, 3) },
            Node = { Node("Mul", "state row", "p"), Node("Mul", "p w", "q"), Node("Sin", "q", "next") },
            Output = { Info("next", 1, 3) },
        };
        var then = new GraphProto
        {
            Name = "then",
            Node = { Node("Scan", "a x", "s", Body("body", body), Int("num_scan_inputs", 1)) },
            Output = { Info("s", 1, 3) },
        };
        var otherwise = new GraphProto
        {
            Name = "else",
            Node = { Node("Identity", "a", "e") },
            Output = { Info("e", 1, 3) },
        };
        var graph = new GraphProto
        {
            Name = "graph",
            Input = { Info("a", 1, 3), Info("x", 1, "T", 3), Info("go", 9) },
            Output = { Info("y", 1, 3) },
            Node = { Node("If", "go", "y", Body("then_branch", then), Body("else_branch", otherwise)) },
            Initializer = { Floats("w", 3) },
        };
        new ModelLaws(
            Model(graph),
            _folder,
            ["a", "w", "x"],
            new() { ["go"] = Ir.Tensor.Scalar(ElementType.Bool, 1) },
            new() { ["T"] = 4 }
        ).Check();
    }

    [Theory]
    [
        InlineData("RNN", 1, 3, false),
        InlineData("RNN", 1, 1, true),
        InlineData("GRU", 3, 3, false),
        InlineData("GRU", 3, 3, true),
        InlineData("LSTM", 4, 1, false),
        InlineData("LSTM", 4, 3, true)
    ]
    public void A_recurrent_operator_over_steps_that_only_the_data_determine_is_differentiated(string op, int gates, int steps, bool uneven)
    {
        var graph = new GraphProto
        {
            Name = "graph",
            Input = { Info("x", 1, "T", 2, 2) },
            Output = { Info("y", 1, "T", 2, 2, 2), Info("last", 1, 2, 2, 2) },
            Node =
            {
                Node(
                    op,
                    uneven ? "x w r b lengths" : "x w r b",
                    "y last",
                    Int("hidden_size", 2),
                    new AttributeProto
                    {
                        Name = "direction",
                        Type = Kind.String,
                        S = Google.Protobuf.ByteString.CopyFromUtf8("bidirectional"),
                    }
                ),
            },
            Initializer = { Cube("w", 2, 2 * gates, 2), Cube("r", 2, 2 * gates, 2), Small("b", 2, 4 * gates) },
        };
        if (uneven)
            graph.Initializer.Add(
                new TensorProto
                {
                    Name = "lengths",
                    DataType = 6,
                    Dims = { 2 },
                    Int32Data = { 1, steps },
                }
            );
        new ModelLaws(Model(graph), _folder, ["w", "r", "b", "x"], sizes: new() { ["T"] = steps }).Check();
    }

    [Theory, InlineData(1, 0), InlineData(3, 0), InlineData(3, 1)]
    public void A_scan_of_opset_8_over_samples_and_steps_that_only_the_data_determine_is_differentiated(int steps, int direction)
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("state", 1, 2), Info("row", 1, 2) },
            Node = { Node("Mul", "row w", "p"), Node("Add", "state p", "q"), Node("Tanh", "q", "next"), Node("Mul", "next row", "out") },
            Output = { Info("next", 1, 2), Info("out", 1, 2) },
        };
        var scan = Node("Scan", "a x", "last outs", Body("body", body), Int("num_scan_inputs", 1), Ints("directions", direction));
        scan.Input.Insert(0, "");
        var graph = new GraphProto
        {
            Name = "graph",
            Input = { Info("a", 1, "S", 2), Info("x", 1, "S", "T", 2) },
            Output = { Info("last", 1, "S", 2), Info("outs", 1, "S", "T", 2) },
            Node = { scan },
            Initializer = { Floats("w", 2) },
        };
        new ModelLaws(
            Model(graph, 8, 3).Also(model => model.Graph.Input.Add(Info("w", 1, 2))),
            _folder,
            ["x", "w", "a"],
            sizes: new() { ["S"] = 2, ["T"] = steps }
        ).Check();
    }

    /// <summary>h' = tanh(x w + h u), with the sums of h as rows.</summary>
    internal static GraphProto Recurrent()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("h", 1, 2, 3), Info("x_t", 1, 2, 4) },
            Node =
            {
                Node("MatMul", "x_t w", "a"),
                Node("MatMul", "h u", "b"),
                Node("Add", "a b", "c"),
                Node("Tanh", "c", "h_next"),
                Node("Sigmoid", "c", "row"),
            },
            Output = { Info("h_next", 1, 2, 3), Info("row", 1, 2, 3) },
        };
        return new GraphProto
        {
            Name = "graph",
            Input = { Info("h0", 1, 2, 3), Info("x", 1, "T", 2, 4) },
            Output = { Info("h_last", 1, 2, 3), Info("rows", 1, "T", 2, 3) },
            Node = { Node("Scan", "h0 x", "h_last rows", Body("body", body), Int("num_scan_inputs", 1)) },
            Initializer = { Small("w", 4, 3), Small("u", 3, 3) },
        };
    }

    /// <summary>A matrix of entries below one.</summary>
    internal static TensorProto Small(string name, int rows, int columns) =>
        new()
        {
            Name = name,
            DataType = 1,
            Dims = { rows, columns },
            FloatData = { Enumerable.Range(0, rows * columns).Select(index => MathF.Sin(3 * index + rows) * 0.7f) },
        };

    private static TensorProto Cube(string name, int first, int rows, int columns)
    {
        var tensor = Small(name, first * rows, columns);
        tensor.Dims.Clear();
        tensor.Dims.Add([first, rows, columns]);
        return tensor;
    }
}
