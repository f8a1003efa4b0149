using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Small files that ask for more than a process has: depth, nodes, bytes, steps, and names that are no names.</summary>
public sealed class HostileModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_chain_of_any_length_needs_no_stack()
    {
        var graph = Graph();
        graph.Initializer.Add(Bool("flag"));
        graph.Node.Add(Node("Not", "flag", "b0"));
        for (var index = 0; index < 12_000; index++)
            graph.Node.Add(Node("Not", $"b{index}", $"b{index + 1}"));
        graph.Node.Add(Node("If", "b12000", "y", Body("then_branch", Branch()), Body("else_branch", Branch())));
        Assert.NotEmpty(OnnxModel.Load(Model(graph).Save(_folder)).Outputs);

        static GraphProto Branch() =>
            new()
            {
                Name = "branch",
                Node = { Node("Neg", "x", "inner") },
                Output = { new ValueInfoProto { Name = "inner" } },
            };
    }

    [Theory]
    [InlineData("nodes", "more than 10 nodes")]
    [InlineData("bytes", "more than 10 bytes")]
    public void The_work_of_loading_is_counted_before_it_is_spent(string limit, string message)
    {
        var graph = Graph(Node("RandomNormal", "", "r", Ints("shape", 1000)).Also(node => node.Input.Clear()));
        for (var index = 0; index < 10; index++)
            graph.Node.Add(Node("Neg", index == 0 ? "x" : $"n{index - 1}", $"n{index}"));
        graph.Node.Add(Node("Neg", "x", "y"));
        var limits = limit == "nodes" ? new WorkLimits { Nodes = 10 } : new WorkLimits { Bytes = 10 };
        var error = Assert.Throws<UserErrorException>(() =>
            OnnxModel.Load(Model(graph).Save(_folder), new LoadOptions { Limits = limits })
        );
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains($"--load-limit {limit}=NUMBER", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_a_derivative_is_counted_before_it_is_made()
    {
        var graph = new GraphProto
        {
            Name = "wide",
            Input = { Info("x", 1, 1, 4) },
            Output = { Info("y", 1, 1, 1_000_000_004) },
            Initializer = { Integers("pads", 0, 0, 0, 1_000_000_000) },
            Node = { Node("Pad", "x pads", "y", Text("mode", "wrap")) },
        };
        var request = new CurvatureRequest
        {
            WithRespectTo = ["x"],
            Loss = LossRequest.Parse("sum"),
            Quantities = [Quantity.Gradient],
        };
        var model = OnnxModel.Load(Model(graph, opset: 19).Save(_folder));
        var error = Assert.Throws<UnsupportedModelException>(() => new Planner(model.Graph, request, new PlanLimits()).Plan());
        Assert.Contains(" bytes would be made, and 1073741824 are the most", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dimensions_that_double_along_a_chain_keep_short_names()
    {
        var graph = Graph(Node("Shape", "x", "s0"));
        for (var index = 0; index < 200; index++)
            graph.Node.Add(Node(index % 2 == 0 ? "Add" : "Mul", $"s{index} s{index}", $"s{index + 1}"));
        graph.Node.Add(Node("Neg", "x", "y"));
        var model = OnnxModel.Load(Model(graph).Save(_folder));
        Assert.All(
            model.Values.Values,
            value => Assert.True(value.Contents?.All(dim => dim.ToString().Length < 10_000) ?? true),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void Names_with_escape_sequences_are_spelled_and_long_ones_cut()
    {
        var error = new UserErrorException($"The value '\u001b]0;t\u0007\u202e{new string('n', 100_000)}' is odd.");
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.Contains("\\u001B]0;t\\u0007\\u202E", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 100, 1000);
        Assert.EndsWith("is odd.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_many_names_has_a_few_lines()
    {
        var error = new UserErrorException($"There is no 'z'; there are {string.Join(", ", Enumerable.Range(0, 20_000))}.");
        Assert.InRange(error.Message.Length, 100, 1500);
        Assert.StartsWith("There is no 'z'", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("19998, 19999.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_beyond_what_inspect_may_plan_for_are_named_with_the_limit()
    {
        var path = Path.Combine(Architecture.Repository.Root, "testmodels", "mlp.onnx");
        var report = CurvatureEngine.Inspect(
            path,
            System.Collections.Immutable.ImmutableDictionary<string, long>.Empty,
            limits: new WorkLimits { Steps = 1 },
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.All(
            report.Weights,
            weight =>
                Assert.Equal(
                    "it was not planned, because for all weights more than 1 steps would be taken, which is the limit; "
                        + "allow more with --load-limit steps=NUMBER",
                    weight.Obstacle
                ),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void Null_arguments_are_reported_as_such()
    {
        Assert.Throws<ArgumentNullException>(() => OnnxModel.Load(null!));
        Assert.Throws<ArgumentNullException>(() =>
            CurvatureEngine.Inspect(
                null!,
                System.Collections.Immutable.ImmutableDictionary<string, long>.Empty,
                cancellation: TestContext.Current.CancellationToken
            )
        );
        Assert.Throws<ArgumentException>(() => new OnnxCurvature.Files.NpyArray(ElementType.Float32, [3], [0, 0]));
    }

    private static TensorProto Bool(string name) =>
        new()
        {
            Name = name,
            DataType = (int)ElementType.Bool,
            Int32Data = { 1 },
        };
}
