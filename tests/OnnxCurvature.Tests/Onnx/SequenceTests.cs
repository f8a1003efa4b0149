using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>
/// Sequences and optional values are resolved when a model is loaded, or refused; ONNX Runtime, which has them, says what is right.
/// </summary>
public sealed class SequenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_sequence_that_is_built_taken_from_and_joined_becomes_tensors() =>
        Resolves(
            Node("SequenceEmpty", "", "s0"),
            Node("Neg", "x", "n"),
            Node("Exp", "x", "e"),
            Node("SequenceInsert", "s0 x", "s1"),
            Node("SequenceInsert", "s1 n first", "s2"),
            Node("SequenceInsert", "s2 e last", "s3"),
            Node("SequenceErase", "s3 first", "s4"),
            Node("SequenceErase", "s3", "s5"),
            Node("SequenceAt", "s4 last", "a"),
            Node("SequenceAt", "s5 first", "b"),
            Node("SequenceConstruct", "a b x", "s6"),
            Node("ConcatFromSequence", "s6", "c", Int("axis", 0)),
            Node("ConcatFromSequence", "s6", "d", Int("axis", -1), Int("new_axis", 1)),
            Node("ReduceSum", "c zero", "sum"),
            Node("ReduceSum", "d minus", "total"),
            Node("Add", "sum total", "both"),
            Node("SequenceLength", "s6", "length"),
            Node("Cast", "length", "count", Int("to", 1)),
            Node("Mul", "both count", "y")
        );

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void A_split_into_entries_becomes_slices(int keepDims) =>
        Resolves(
            Node("SplitToSequence", "x", "s", Int("axis", 1), Int("keepdims", keepDims)),
            Node("SequenceAt", "s last", "a"),
            Node("SequenceAt", "s first", "b"),
            Node("SequenceConstruct", "a b a", "t"),
            Node("ConcatFromSequence", "t", "joined", Int("axis", 1), Int("new_axis", 1 - keepDims)),
            Node("Neg", "joined", "y")
        );

    [Fact]
    public void A_split_into_parts_becomes_slices() =>
        Resolves(
            Node("SplitToSequence", "x two", "s", Int("axis", 1)),
            Node("SequenceAt", "s last", "a"),
            Node("SequenceAt", "s first", "b"),
            Node("SequenceConstruct", "a b", "t"),
            Node("SplitToSequence", "x sizes", "u", Int("axis", 1)),
            Node("SequenceAt", "u last", "v"),
            Node("ConcatFromSequence", "t", "joined", Int("axis", 1)),
            Node("Identity", "u", "w"),
            Node("SequenceLength", "w", "length"),
            Node("Cast", "length", "count", Int("to", 1)),
            Node("ReduceSum", "v minus", "sum"),
            Node("Add", "joined sum", "shifted"),
            Node("Mul", "shifted count", "y")
        );

    [Fact]
    public void The_body_of_a_map_runs_for_every_element()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("element", 1, "N", 3), Info("other", 1, "N", 3) },
            Output = { Info("product", 1, "N", 3) },
            Node = { Node("Mul", "element other", "scaled"), Node("Add", "scaled e", "product") },
        };
        Resolves(
            Node("Exp", "x", "e"),
            Node("Neg", "x", "n"),
            Node("SequenceConstruct", "x n", "s"),
            Node("SequenceMap", "s e", "t", Body("body", body)),
            Node("SequenceAt", "t last", "a"),
            Node("SequenceAt", "t first", "b"),
            Node("Sub", "a b", "y")
        );
    }

    [Fact]
    public void Optional_values_become_what_is_in_them() =>
        Resolves(
            Node("SequenceConstruct", "x x", "s"),
            Node("Optional", "x", "o"),
            Node("Optional", "s", "p"),
            Node("OptionalHasElement", "o", "has"),
            Node("Cast", "has", "one", Int("to", 1)),
            Node("OptionalGetElement", "o", "a"),
            Node("OptionalGetElement", "p", "t"),
            Node("SequenceAt", "t last", "b"),
            Node("Mul", "a b", "square"),
            Node("Sub", "square one", "y")
        );

    [Fact]
    public void A_sequence_that_is_given_out_is_refused()
    {
        var model = Model(Graph(Node("SequenceConstruct", "x x", "y")));
        Refuses(model, "gives out 'y', which is a sequence, and only tensors can be given out");
    }

    [Fact]
    public void A_position_that_is_known_only_at_run_time_is_refused() =>
        Refuses(
            Model(
                Graph(
                    Node("SequenceConstruct", "x x", "s"),
                    Node("ReduceMax", "x", "greatest", Int("keepdims", 0)),
                    Node("Cast", "greatest", "at", Int("to", 7)),
                    Node("SequenceAt", "s at", "y")
                )
            ),
            "the position in a sequence is computed at run time"
        );

    [Fact]
    public void A_position_beyond_the_end_is_refused() =>
        Refuses(
            WithConstants(Model(Graph(Node("SequenceConstruct", "x", "s"), Node("SequenceAt", "s two", "y")))),
            "the position 2 is outside of a sequence of 1 tensors"
        );

    [Fact]
    public void An_operator_on_tensors_that_takes_a_sequence_is_refused() =>
        Refuses(
            Model(Graph(Node("SequenceConstruct", "x", "s"), Node("Neg", "s", "y"))),
            "Neg that makes 'y'",
            "it takes 's', which is a sequence and no tensor"
        );

    [Fact]
    public void The_element_of_an_empty_optional_value_is_refused() =>
        Refuses(Model(Graph(Node("Optional", "", "o"), Node("OptionalGetElement", "o", "y"))), "the optional value that it takes is empty");

    [Fact]
    public void All_nodes_that_cannot_be_resolved_are_named_at_once() =>
        Refuses(
            WithConstants(
                Model(
                    Graph(
                        Node("SequenceConstruct", "x", "s"),
                        Node("SequenceAt", "s two", "a"),
                        Node("SplitToSequence", "x", "t"),
                        Node("Add", "a x", "y")
                    )
                )
            ),
            "2 nodes",
            "SequenceAt that makes 'a'",
            "SplitToSequence that makes 't'",
            "the size N of the axis that is split is not known"
        );

    private void Refuses(ModelProto model, params string[] parts)
    {
        var message = Assert.Throws<UserErrorException>(() => OnnxModel.Load(model.Save(_folder))).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal), throwIfEmpty: true);
    }

    private void Resolves(params NodeProto[] nodes)
    {
        var model = WithConstants(Model(Graph(nodes), opset: 18));
        model.Graph.Output[0] = Info("y", 1, "", "");
        var path = model.Save(_folder);
        var loaded = OnnxModel.Load(path, new LoadOptions { Oracle = new OrtShapeOracle() });
        Assert.Empty(loaded.UnknownNodes);
        Assert.DoesNotContain(
            loaded.Program.Nodes,
            node =>
                node.Operator.Name.Contains("Sequence", StringComparison.Ordinal)
                || node.Operator.Name.Contains("Optional", StringComparison.Ordinal)
        );
        var copy = _folder.File("copy.onnx");
        OnnxWriter.Write(loaded.Program, copy, new WriteOptions { Source = loaded });
        using var x = OrtValue.CreateTensorValueFromMemory(new[] { 0.5f, -1, 2, 0.25f, 3, -0.5f }, [2, 3]);
        var inputs = new Dictionary<string, OrtValue> { ["x"] = x };
        var (expected, actual) = (OrtRun.Run(path, inputs)[0], OrtRun.Run(copy, inputs)[0]);
        Assert.Equal(expected.GetTensorTypeAndShape().Shape, actual.GetTensorTypeAndShape().Shape);
        Assert.Equal(expected.GetTensorDataAsSpan<float>().ToArray(), actual.GetTensorDataAsSpan<float>().ToArray());
    }

    private static ModelProto WithConstants(ModelProto model)
    {
        model.Graph.Initializer.AddRange([
            Number("first", 0),
            Number("last", -1),
            Number("two", 2),
            Integers("sizes", 1, 2),
            Integers("zero", 0),
            Integers("minus", -1),
        ]);
        return model;
    }

    private static TensorProto Number(string name, long value) =>
        new()
        {
            Name = name,
            DataType = 7,
            Int64Data = { value },
        };
}
