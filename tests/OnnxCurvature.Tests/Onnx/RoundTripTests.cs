using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Models that are loaded and written again compute what they did, and keep their names.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_and_outputs_stay()
    {
        var copy = RoundTrips(
            Model(Graph(Node("Add", "x w", "sum"), Node("Tanh", "sum", "y"))).Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
        );
        Assert.Equal(["x"], copy.Inputs.Select(input => input.Name));
        Assert.Equal(["sum", "w", "x", "y"], copy.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("[N,3]", copy.Inputs[0].Type.Shape.ToString());
    }

    [Fact]
    public void Weights_of_every_storage_are_read()
    {
        var model = Model(Graph(Node("Neg", "x", "y")), opset: 13);
        model.Graph.Initializer.Add(Floats("raw", 3));
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "typed",
                DataType = 1,
                Dims = { 3 },
                FloatData = { 1, 2, 3 },
            }
        );
        model.Graph.Initializer.Add(Floats("wide", 400, 3));
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "packed",
                DataType = 1,
                Dims = { 400, 3 },
                FloatData = { Enumerable.Range(0, 1200).Select(value => (float)value) },
            }
        );
        model.Graph.Initializer.Add(Integers("zero", 0));
        model.Graph.Initializer.Add(Integers("shape", 300, 3));
        model.Graph.Node.Clear();
        model.Graph.Node.AddRange([
            Node("Add", "wide packed", "many"),
            Node("Gather", "many zero", "large"),
            Node(
                "ConstantOfShape",
                "shape",
                "filling",
                Tensor(
                    "value",
                    Floats("", 2)
                        .Also(tensor =>
                            (tensor.Dims[0], tensor.RawData) = (1, Google.Protobuf.ByteString.CopyFrom(BitConverter.GetBytes(2.5f)))
                        )
                )
            ),
            Node("Gather", "filling zero", "filled"),
            Node(
                "Constant",
                "",
                "listed",
                new AttributeProto
                {
                    Name = "value_floats",
                    Type = AttributeProto.Types.AttributeType.Floats,
                    Floats = { 4, 5, 6 },
                }
            ),
            Node("Constant", "", "constant", Tensor("value", Floats("", 1000, 3))),
            Node("Gather", "constant zero", "first"),
            Node("Add", "x raw", "a"),
            Node("Add", "a typed", "b"),
            Node("Add", "b large", "c"),
            Node("Add", "c filled", "d"),
            Node("Add", "d listed", "e"),
            Node("Add", "e first", "y"),
        ]);
        var loaded = RoundTrips(model);
        Assert.Equal(
            ["constant", "filling", "listed", "packed", "raw", "typed", "wide"],
            loaded.Weights.Select(weight => weight.Name!).Order(StringComparer.Ordinal)
        );
        Assert.IsType<MappedConstant>(loaded.Values["wide"].Constant);
        Assert.IsType<MappedConstant>(loaded.Values["packed"].Constant);
    }

    [Fact]
    public void Initializers_among_the_inputs_are_weights_and_stay_replaceable()
    {
        var model = Model(Graph(Node("Add", "x w", "y")))
            .Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
            .Also(model => model.Graph.Input.Add(Info("w", 1, 3)));
        var copy = RoundTrips(model);
        Assert.Equal(["w"], copy.OverridableInitializers);
        Assert.Equal(["x"], copy.Inputs.Select(input => input.Name));
        model.IrVersion = 3;
        Assert.Empty(RoundTrips(model).OverridableInitializers);
    }

    [Fact]
    public void Outputs_that_are_inputs_constants_or_given_twice_stay()
    {
        var model = Model(Graph(Node("Neg", "x", "y"), Node("Identity", "x", "same")))
            .Also(model => model.Graph.Initializer.Add(Floats("w", 3)));
        model.Graph.Output.Add(Info("w", 1, 3));
        model.Graph.Output.Add(Info("same", 1, "N", 3));
        RoundTrips(model);
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2]), "x");
        var y = OnnxCurvature.Ops.Elementwise.Neg.Of(b, x);
        OnnxWriter.Write(
            b.Build([x], [new("first", y), new("second", y), new("third", x), new("fourth", b.Scalar(ElementType.Float32, 3))]),
            _folder.File("twice.onnx")
        );
        var outputs = Run(_folder.File("twice.onnx"), new() { ["x"] = [1, 2] }, [2]);
        Assert.Equal(
            [
                [-1, -2],
                [-1, -2],
                [1, 2],
                [3],
            ],
            outputs
        );
    }

    [Fact]
    public void Bodies_take_values_from_around_them()
    {
        var then = new GraphProto
        {
            Name = "then",
            Node = { Node("Add", "x w", "t") },
            Output = { Info("t", 1, "N", 3) },
        };
        var otherwise = new GraphProto
        {
            Name = "else",
            Node = { Node("Sub", "h v", "t") },
            Initializer = { Floats("v", 3) },
            Output = { Info("t", 1, "N", 3) },
        };
        var model = Model(
                Graph(Node("Neg", "x", "h"), Node("If", "condition", "y", Body("then_branch", then), Body("else_branch", otherwise)))
            )
            .Also(model => model.Graph.Initializer.Add(Floats("w", 3)));
        model.Graph.Input.Add(Info("condition", 9));
        RoundTrips(model, oracle: true);
    }

    [Fact]
    public void A_loop_of_known_iterations_is_written_out()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input =
            {
                Info("i", 7),
                Info("go", 9),
                new ValueInfoProto { Name = "state" },
            },
            Node = { Node("Identity", "go", "on"), Node("Add", "state w", "next"), Node("Neg", "next", "row") },
            Output = { Info("on", 9), Info("next", 1, "N", 3), Info("row", 1, "N", 3) },
        };
        var model = Model(Graph(Node("Loop", "trips  x", "y rows", Body("body", body)).Also(node => node.Input.Insert(1, ""))))
            .Also(model => model.Graph.Initializer.Add(Floats("w", 3)));
        model.Graph.Initializer.Add(Integer("trips", 3));
        model.Graph.Output.Add(Info("rows", 1, 3, "N", 3));
        RoundTrips(model, oracle: true);
    }

    [Fact]
    public void Functions_are_replaced_by_their_nodes()
    {
        var function = new FunctionProto
        {
            Name = "Twice",
            Domain = "local",
            Input = { "a", "b" },
            Output = { "c" },
            Attribute = { "axis" },
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = 17 },
            },
            Node =
            {
                Node("Add", "a b", "inner"),
                Node(
                    "Concat",
                    "inner a",
                    "c",
                    new AttributeProto
                    {
                        Name = "axis",
                        Type = AttributeProto.Types.AttributeType.Int,
                        RefAttrName = "axis",
                    }
                ),
            },
        };
        var model = Model(
                Graph(
                    Node("Twice", "x x", "first", Int("axis", 0)).Also(node => node.Domain = "local"),
                    Node("Twice", "first first", "y", Int("axis", 0)).Also(node => node.Domain = "local")
                )
            )
            .Also(model => model.Functions.Add(function))
            .Also(model => model.OpsetImport.Add(new OperatorSetIdProto { Domain = "local", Version = 1 }));
        model.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam = "M";
        var copy = RoundTrips(model);
        Assert.Contains("first/inner", copy.Values.Keys);
        Assert.Contains("y/inner", copy.Values.Keys);
    }

    [Fact]
    public void Sixteen_bit_floats_are_computed_in_float32_and_given_out_as_they_were()
    {
        var model = Model(
            Graph(Node("Add", "x w", "sum"), Node("Cast", "sum", "wide", Int("to", 1)), Node("Cast", "wide", "y", Int("to", 10)))
        );
        model.Graph.Input[0].Type.TensorType.ElemType = 10;
        model.Graph.Output[0].Type.TensorType.ElemType = 10;
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "w",
                DataType = 10,
                Dims = { 600, 3 },
                RawData = Google.Protobuf.ByteString.CopyFrom([
                    .. Enumerable.Range(0, 1800).SelectMany(index => BitConverter.GetBytes((Half)(index / 8.0))),
                ]),
            }
        );
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimValue = 600 };
        model.Graph.Output[0].Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimValue = 600 };
        var loaded = OnnxModel.Load(model.Save(_folder));
        Assert.Equal(ElementType.Float32, loaded.Weights[0].Type.Element);
        Assert.Equal(ElementType.Float32, loaded.Values["sum"].Type.Element);
        Assert.Single(loaded.Notes);
        var result = OnnxWriter.Write(loaded.Program, _folder.File("copy.onnx"), new WriteOptions { Source = loaded });
        Assert.Equal(WeightPlacement.Reference, result.Weights);
        using var session = new InferenceSession(_folder.File("copy.onnx"), OrtRun.Options());
        using var x = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat((Float16)1f, 1800).ToArray(), [600, 3]);
        var y = OrtRun.Run(session, new Dictionary<string, OrtValue> { ["x"] = x })[0];
        Assert.Equal((Float16)((1799 / 8.0f) + 1), y.GetTensorDataAsSpan<Float16>()[1799]);
    }

    [Fact]
    public void Shapes_that_a_model_computes_are_known()
    {
        var model = Model(
            Graph(
                Node("Shape", "x", "shape"),
                Node("Gather", "shape zero", "n"),
                Node("Mul", "n three", "elements"),
                Node("Concat", "elements one", "target", Int("axis", 0)),
                Node("Reshape", "x target", "column"),
                Node("Concat", "n minus", "back", Int("axis", 0)),
                Node("Reshape", "column back", "y")
            )
        );
        model.Graph.Initializer.AddRange([Integers("zero", 0), Integers("one", 1), Integers("three", 3), Integers("minus", -1)]);
        var copy = RoundTrips(model);
        Assert.Equal("[3*N,1]", copy.Values["column"].Type.Shape.ToString());
        Assert.Equal("[N,3]", copy.Values["y"].Type.Shape.ToString());
    }

    [Fact]
    public void Dimensions_without_a_name_get_one_and_can_be_bound()
    {
        var model = Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.Input[0] = Info("x", 1, "", 3));
        Assert.Equal("[x_0,3]", OnnxModel.Load(model.Save(_folder)).Values["y"].Type.Shape.ToString());
        Assert.Equal(
            "[4,3]",
            OnnxModel
                .Load(model.Save(_folder), new LoadOptions { Dims = new Dictionary<string, long> { ["x_0"] = 4 } })
                .Values["y"]
                .Type.Shape.ToString()
        );
    }

    [Fact]
    public void Unknown_operators_are_kept_with_the_types_that_ONNX_Runtime_reports()
    {
        var model = Model(Graph(Node("Trilu", "x", "b").Also(node => node.Domain = "com.microsoft"), Node("Neg", "b", "y")))
            .Also(model => model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 }));
        var copy = RoundTrips(model, oracle: true);
        Assert.Equal("[N,3]", copy.Values["b"].Type.Shape.ToString());
        Assert.Equal("Trilu", Assert.Single(copy.UnknownNodes).Operator.Name);
    }

    /// <summary>Writes a model, loads the copy, and compares what both compute for an x of shape [2, 3].</summary>
    private OnnxModel RoundTrips(ModelProto model, bool oracle = false)
    {
        var options = new LoadOptions { Oracle = oracle ? new OrtShapeOracle() : null };
        var path = model.Save(_folder);
        var loaded = OnnxModel.Load(path, options);
        ProgramVerifier.Verify(loaded.Program);
        var copy = _folder.File("copy.onnx");
        OnnxWriter.Write(loaded.Program, copy, new WriteOptions { Source = loaded });
        Assert.Empty(OnnxChecker.Check(copy));
        foreach (var condition in (bool[])[true, false])
            Assert.Equal(
                Run(path, new() { ["x"] = [1, -2, 3, 4, 5, -6] }, [2, 3], condition),
                Run(copy, new() { ["x"] = [1, -2, 3, 4, 5, -6] }, [2, 3], condition)
            );
        return OnnxModel.Load(copy, options);
    }

    private static List<float[]> Run(string path, Dictionary<string, float[]> inputs, long[] shape, bool condition = true)
    {
        var values = inputs.ToDictionary(entry => entry.Key, entry => OrtValue.CreateTensorValueFromMemory(entry.Value, shape));
        values["condition"] = OrtValue.CreateTensorValueFromMemory([condition], []);
        return [.. OrtRun.Run(path, values).Select(value => value.GetTensorDataAsSpan<float>().ToArray())];
    }
}
