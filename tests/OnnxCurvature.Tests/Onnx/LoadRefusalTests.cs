using Google.Protobuf;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Files that are no models, or malformed ones, are refused in one sentence.</summary>
public sealed class LoadRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_is_refused() => Refuses(_folder.File("none.onnx"), "There is no file");

    [Fact]
    public void A_folder_is_refused() => Refuses(_folder.Path, "is a folder");

    [Fact]
    public void An_empty_file_is_refused() => Refuses(Bytes([]), "is empty");

    [Fact]
    public void A_text_file_is_refused() => Refuses(Bytes("This is not a model.\n"u8.ToArray()), "is no ONNX model or is cut off");

    [Fact]
    public void A_model_without_a_graph_is_refused() => Refuses(new ModelProto { IrVersion = 8 }.Save(_folder), "holds no graph");

    [Fact]
    public void A_file_that_is_cut_off_is_refused_wherever_it_ends()
    {
        var bytes = Model(Graph(Node("Add", "x w", "y"))).Also(model => model.Graph.Initializer.Add(Floats("w", 3))).ToByteArray();
        for (var length = 1; length < bytes.Length; length++)
            Assert.Throws<UserErrorException>(() => OnnxModel.Load(Bytes(bytes[..length])));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Random_changes_of_a_file_are_read_or_refused_but_never_crash()
    {
        var bytes = Model(Graph(Node("Reshape", "x shape", "r"), Node("Add", "r w", "y")))
            .Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
            .Also(model => model.Graph.Initializer.Add(Integers("shape", -1, 3)))
            .ToByteArray();
        var random = new Random(7);
        for (var trial = 0; trial < 3000; trial++)
        {
            var changed = bytes.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                OnnxModel.Load(Bytes(changed));
            }
            catch (UserErrorException exception)
            {
                Assert.False(string.IsNullOrWhiteSpace(exception.Message));
            }
        }
    }

    [Theory]
    [InlineData(2, 17, "has IR version 2")]
    [InlineData(99, 17, "has IR version 99")]
    [InlineData(8, 0, "uses opset 0")]
    [InlineData(8, 99, "uses opset 99")]
    [InlineData(8, -5, "uses opset -5")]
    [InlineData(8, 1L << 62, "uses opset 4611686018427387904")]
    public void Versions_that_are_too_old_or_too_new_are_refused(int irVersion, long opset, string message) =>
        Refuses(Model(Graph(Node("Neg", "x", "y")), opset, irVersion), message);

    [Fact]
    public void A_model_without_an_opset_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "x", "y"))).Also(model => model.OpsetImport.Clear()), "names no opset");

    [Fact]
    public void A_value_that_is_defined_twice_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "x", "y"), Node("Tanh", "x", "y"))), "defines the value 'y' twice");

    [Fact]
    public void A_value_that_is_used_before_it_is_defined_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "z", "y"), Node("Tanh", "x", "z"))), "takes the value 'z', which nothing before it defines");

    [Fact]
    public void A_weight_that_is_missing_is_refused() =>
        Refuses(Model(Graph(Node("Add", "x w", "y"))), "takes the value 'w', which nothing before it defines");

    [Fact]
    public void An_output_that_nothing_defines_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "x", "z"))), "gives out 'y', which nothing in it defines");

    [Fact]
    public void A_model_without_outputs_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.Output.Clear()), "gives out nothing");

    [Fact]
    public void An_input_without_a_shape_is_refused() =>
        Refuses(Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.Input[0].Type.TensorType.Shape = null), "has no shape");

    [Fact]
    public void An_input_that_is_a_sequence_is_refused() =>
        Refuses(
            Model(Graph(Node("Neg", "x", "y")))
                .Also(model => model.Graph.Input[0].Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() }),
            "is a sequence, and only tensors can be taken"
        );

    [Fact]
    public void A_sparse_weight_without_values_is_refused() =>
        Refuses(Sparse(new SparseTensorProto()), "lacks its values or their positions");

    [Fact]
    public void A_sparse_weight_larger_than_what_is_taken_is_refused() =>
        Refuses(
            Sparse(
                new SparseTensorProto
                {
                    Values = Floats("s", 1),
                    Indices = Integers("", 0),
                    Dims = { 1 << 20, 1 << 20 },
                }
            ),
            "more than 268435456 bytes",
            "--load-limit bytes=NUMBER"
        );

    [Fact]
    public void A_sparse_value_beyond_the_shape_is_refused() =>
        Refuses(
            Sparse(
                new SparseTensorProto
                {
                    Values = Floats("s", 2),
                    Indices = Integers("", 0, 3),
                    Dims = { 3 },
                }
            ),
            "has a value at the position 3 of 3"
        );

    [Fact]
    public void Elements_of_a_type_that_is_not_supported_are_refused() =>
        Refuses(Weight(Floats("w", 3).Also(tensor => tensor.DataType = 17)), "float8e4m3fn");

    [Fact]
    public void Too_few_bytes_are_refused() =>
        Refuses(Weight(Floats("w", 3).Also(tensor => tensor.Dims[0] = 4)), "holds 12 bytes, but float32[4] needs 16");

    [Fact]
    public void Too_few_bytes_of_a_large_tensor_are_refused() =>
        Refuses(Weight(Floats("w", 1000).Also(tensor => tensor.Dims[0] = 4000)), "holds 4000 bytes, but float32[4000] needs 16000");

    [Fact]
    public void Too_few_elements_are_refused() =>
        Refuses(
            Weight(
                new TensorProto
                {
                    Name = "w",
                    DataType = 1,
                    Dims = { 3 },
                    FloatData = { 1, 2 },
                }
            ),
            "holds 2 elements, but float32[3] needs 3"
        );

    [Fact]
    public void A_negative_size_is_refused() =>
        Refuses(Weight(Floats("w", 3).Also(tensor => tensor.Dims[0] = -3)), "has the negative size -3");

    [Fact]
    public void A_size_that_no_memory_holds_is_refused_before_it_is_allocated() =>
        Refuses(
            Weight(
                new TensorProto
                {
                    Name = "w",
                    DataType = 1,
                    Dims = { long.MaxValue, long.MaxValue, 3 },
                }
            ),
            "larger than any memory"
        );

    [Theory]
    [InlineData("Conv", "the attribute kernel_shape is [3,1048576] for a weight of shape [3,3,2,2]")]
    [InlineData("ConvTranspose", "the attribute kernel_shape is [3,1048576] for a weight of shape [3,3,2,2]")]
    [InlineData("MaxPool", "more than 16777216 positions")]
    [InlineData("AveragePool", "more than 16777216 positions")]
    [InlineData("LpPool", "more than 16777216 positions")]
    public void A_window_of_another_size_than_its_weight_or_of_too_many_positions_is_refused(string op, string message)
    {
        var weighs = op.StartsWith("Conv", StringComparison.Ordinal);
        var kernel = Ints("kernel_shape", weighs ? [3, 1 << 20] : [1 << 13, 1 << 13]);
        var graph = Graph(Node(op, weighs ? "x w" : "x", "y", kernel, Ints("pads", 1 << 12, 1 << 20, 1 << 12, 1 << 20)));
        graph.Input[0] = Info("x", 1, "N", 3, 8, 8);
        graph.Output[0] = Info("y", 1, "N", "C", "H", "W");
        if (weighs)
            graph.Initializer.Add(Floats("w", 3, 3, 2, 2));
        Refuses(Model(graph), message);
    }

    [Fact]
    public void A_tensor_in_segments_is_refused() =>
        Refuses(Weight(Floats("w", 3).Also(tensor => tensor.Segment = new TensorProto.Types.Segment { Begin = 0, End = 1 })), "segments");

    [Fact]
    public void Bodies_that_are_nested_too_deep_are_refused()
    {
        var graph = Graph(Node("Neg", "x", "y"));
        for (var depth = 0; depth < 70; depth++)
            graph = Graph(Node("If", "x", "y", Body("then_branch", graph)));
        Refuses(Model(graph), "nested more than 64 deep");
    }

    [Fact]
    public void Functions_that_call_themselves_are_refused() =>
        Refuses(
            Model(Graph(Node("Again", "x", "y").Also(node => node.Domain = "local")))
                .Also(model =>
                    model.Functions.Add(
                        new FunctionProto
                        {
                            Name = "Again",
                            Domain = "local",
                            Input = { "a" },
                            Output = { "b" },
                            Node = { Node("Again", "a", "b").Also(node => node.Domain = "local") },
                        }
                    )
                ),
            "the function Again calls itself"
        );

    [Fact]
    public void All_nodes_whose_types_are_not_known_are_named_together() =>
        Refuses(
            Model(Graph(Node("Foo", "x", "f"), Node("Neg", "f", "g"), Node("Bar", "x", "b"), Node("Baz", "g b", "y"))),
            "holds 3 nodes that cannot be taken: Foo that makes 'f' (opset 17): Foo is not in the operator catalogue; Bar that makes "
                + "'b' (opset 17): Bar is not in the operator catalogue; Baz that makes 'y'"
        );

    [Fact]
    public void The_sentence_of_the_runtime_on_such_a_model_is_reported()
    {
        var path = Model(Graph(Node("Cast", "x", "c", Int("to", 7)), Node("Reshape", "x c", "y"))).Save(_folder);
        var message = Assert
            .Throws<UserErrorException>(() => OnnxModel.Load(path, new LoadOptions { Oracle = new OrtShapeOracle() }))
            .Message;
        Assert.Contains("(ONNX Runtime says '", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_of_the_wrong_kind_are_refused() =>
        Refuses(Model(Graph(Node("Concat", "x x", "y", Tensor("axis", Floats("", 1))))), "Concat that makes 'y'");

    [Fact]
    public void A_node_without_its_inputs_is_refused() => Refuses(Model(Graph(Node("Add", "", "y"))), "Add that makes 'y'");

    [Fact]
    public void A_dimension_that_the_model_does_not_have_cannot_be_bound()
    {
        var path = Model(Graph(Node("Neg", "x", "y"))).Save(_folder);
        Assert.Contains(
            "has no symbolic dimension 'M'; it has N",
            Assert
                .Throws<UserErrorException>(() =>
                    OnnxModel.Load(path, new LoadOptions { Dims = new Dictionary<string, long> { ["M"] = 2 } })
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "cannot have the size 0",
            Assert
                .Throws<UserErrorException>(() =>
                    OnnxModel.Load(path, new LoadOptions { Dims = new Dictionary<string, long> { ["N"] = 0 } })
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Weights_of_a_file_that_changed_after_loading_are_refused()
    {
        var path = Weight(Floats("w", 1000)).Save(_folder);
        var weight = OnnxModel.Load(path).Weights[0].Constant!;
        File.AppendAllText(path, "more");
        Assert.Contains(
            "has changed since it was loaded",
            Assert.Throws<UserErrorException>(() => weight.Read()).Message,
            StringComparison.Ordinal
        );
    }

    private static ModelProto Sparse(SparseTensorProto tensor) =>
        Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.SparseInitializer.Add(tensor));

    private static ModelProto Weight(TensorProto tensor) =>
        Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.Initializer.Add(tensor));

    private string Bytes(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("model.onnx"), bytes);
        return _folder.File("model.onnx");
    }

    private void Refuses(ModelProto model, params string[] messages) => Refuses(model.Save(_folder), messages);

    private static void Refuses(string path, params string[] messages)
    {
        var message = Assert.Throws<UserErrorException>(() => OnnxModel.Load(path)).Message;
        foreach (var part in messages)
            Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
