using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Where weights lie, how new values are called, and what is refused.</summary>
public sealed class OnnxWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_attribute_of_a_default_that_an_older_opset_lacks_is_left_out()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2, 3]), "x");
        var row = b.Parameter(new TensorType(ElementType.Float32, [3]), "row");
        Value Of<T>(Attributes attributes, params Value[] inputs)
            where T : Operator => Catalogue.Get<T>().Apply(b, [.. inputs], attributes).Output;
        var shape = b.Vector(2, 3);
        var y = Of<Reshape>(
            Attributes.Empty.With("allowzero", 0L),
            Of<OnnxCurvature.Ops.Normalization.BatchNormalization>(Attributes.Empty.With("training_mode", 0L), x, row, row, row, row),
            shape
        );
        y = Of<OnnxCurvature.Ops.Reduction.ReduceMean>(Attributes.Empty.With("axes", [1]).With("noop_with_empty_axes", 0L), y);
        y = Of<OnnxCurvature.Ops.Indexing.ScatterND>(
            Attributes.Empty.With("reduction", "none"),
            y,
            b.Constant(Ir.Tensor.Of(ElementType.Int64, [1, 2], [0L, 0])),
            b.Constant(Ir.Tensor.Of(ElementType.Float32, [1], [1.0]))
        );
        var file = OnnxWriter.Serialize(b.Build([x, row], [new NamedValue("y", y)]), _folder.Path, new WriteOptions { Opset = 13 });
        Assert.Empty(OnnxChecker.Check(ModelProto.Parser.ParseFrom(file)));
        using var session = new InferenceSession(file);
        Assert.Equal(["y"], session.OutputNames);
    }

    /// <summary>Nodes of a body that is written out twice share a name, and another node may give out what is called like them.</summary>
    [Fact]
    public void Every_node_has_a_name_of_its_own()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [3]), "x");
        Value Twice(Value value, string? name) =>
            b.Append(Catalogue.Get<Tanh>(), [value], Attributes.Empty, [(value.Type, name)], name is null ? "Sin" : "h").Output;
        var sine = Catalogue.Get<Sin>().Apply(b, [Twice(Twice(x, "first"), "second")]).Output;
        var file = OnnxWriter.Serialize(b.Build([x], [new NamedValue("y", Twice(sine, null))]), _folder.Path, new WriteOptions());
        Assert.Equal(["h", "h_2", "Sin_2", "Sin"], ModelProto.Parser.ParseFrom(file).Graph.Node.Select(node => node.Name));
        using var session = new InferenceSession(file);
    }

    [Theory]
    [InlineData(nameof(WeightPlacement.Reference), "copy.onnx", nameof(WeightPlacement.Reference))]
    [InlineData(nameof(WeightPlacement.Reference), "elsewhere/copy.onnx", nameof(WeightPlacement.Beside))]
    [InlineData(nameof(WeightPlacement.Beside), "copy.onnx", nameof(WeightPlacement.Beside))]
    [InlineData(nameof(WeightPlacement.Embed), "elsewhere/copy.onnx", nameof(WeightPlacement.Embed))]
    public void Weights_lie_where_they_are_asked_to_or_where_they_can(string placement, string name, string expectedPlacement)
    {
        var (asked, expected) = (Enum.Parse<WeightPlacement>(placement), Enum.Parse<WeightPlacement>(expectedPlacement));
        Directory.CreateDirectory(_folder.File("elsewhere"));
        var model = Source();
        var result = OnnxWriter.Write(model.Program, _folder.File(name), new WriteOptions { Source = model, Weights = asked });
        Assert.Equal(expected, result.Weights);
        if (expected == WeightPlacement.Beside)
            Assert.Matches($@"^{Regex.Escape(_folder.File(name))}\.[0-9a-f]{{16}}\.data$", result.DataPath);
        else
            Assert.Null(result.DataPath);
        var copy = OnnxModel.Load(_folder.File(name));
        foreach (var weight in copy.Weights)
        {
            var constant = Assert.IsType<MappedConstant>(weight.Constant);
            Assert.Equal(
                expected switch
                {
                    WeightPlacement.Reference => model.Path,
                    WeightPlacement.Beside => result.DataPath,
                    _ => result.Path,
                },
                constant.Path
            );
            Assert.Equal(model.Values[weight.Name!].Constant!.Read().Floats, constant.Read().Floats);
            if (expected == WeightPlacement.Beside)
                Assert.Equal(0, constant.Offset % 4096);
        }
        Assert.Equal(2, copy.Weights.Length);
        using var session = new InferenceSession(result.Path, OrtRun.Options());
        Assert.Equal(["y"], session.OutputNames);
    }

    [Fact]
    public void A_model_in_memory_takes_its_weights_from_a_folder()
    {
        var model = Source();
        var bytes = OnnxWriter.Serialize(model.Program, _folder.Path, new WriteOptions { Source = model });
        Assert.True(bytes.Length < 2000);
        using var options = OrtRun.Options();
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", _folder.Path);
        using var session = new InferenceSession(bytes, options);
        using var x = OrtValue.CreateTensorValueFromMemory(new float[1500], [500, 3]);
        Assert.Equal(1, OrtRun.Run(session, new Dictionary<string, OrtValue> { ["x"] = x })[0].GetTensorDataAsSpan<float>()[1]);
    }

    [Fact]
    public void The_same_program_gives_the_same_bytes()
    {
        var model = Source();
        var options = new WriteOptions
        {
            Source = model,
            Metadata = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
        };
        OnnxWriter.Write(model.Program, _folder.File("first.onnx"), options);
        OnnxWriter.Write(Source().Program, _folder.File("second.onnx"), options);
        Assert.Equal(File.ReadAllBytes(_folder.File("first.onnx")), File.ReadAllBytes(_folder.File("second.onnx")));
        Assert.Equal(["a", "b"], OnnxModel.Load(_folder.File("first.onnx")).Metadata.Keys);
    }

    [Fact]
    public void New_values_are_named_after_what_they_are_for()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2]), "x");
        using var origin = b.For("gradient of Conv 'conv4_3'");
        var product = Mul.Of(b, Neg.Of(b, x), Neg.Of(b, x));
        OnnxWriter.Write(b.Build([x], [new("y", product)]), _folder.File("model.onnx"));
        Assert.Equal(
            ["gradient_of_Conv_conv4_3/Neg", "gradient_of_Conv_conv4_3/Neg_2", "x", "y"],
            OnnxModel.Load(_folder.File("model.onnx")).Values.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Small_constants_with_the_same_contents_are_one()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [6]), "x");
        var y = Catalogue.Get<Tanh>().Apply(b, [Reshape.To(b, x, [2, 3])]).Output;
        var z = Catalogue
            .Get<Tanh>()
            .Apply(b, [Reshape.To(b, Catalogue.Get<Tanh>().Apply(b, [Reshape.To(b, y, [6])]).Output, [2, 3])])
            .Output;
        OnnxWriter.Write(b.Build([x], [new("z", z)]), _folder.File("model.onnx"));
        Assert.Equal(2, OnnxModel.Load(_folder.File("model.onnx")).Values.Values.Count(value => value.Constant is not null));
    }

    [Fact]
    public void An_opset_that_cannot_say_a_node_is_refused()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2, 3]), "x");
        var shape = Catalogue.Get<Shape>().Apply(b, [x], Attributes.Empty.With("start", 1L)).Output;
        var program = b.Build([x], [new("shape", shape)]);
        Assert.Equal(15, OnnxWriter.MinimumOpset(program));
        Assert.Contains(
            "needs opset 15 or later",
            Refuses(() => OnnxWriter.Write(program, _folder.File("y.onnx"), new WriteOptions { Opset = 13 })),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Opset 22 was asked for",
            Refuses(() => OnnxWriter.Write(program, _folder.File("y.onnx"), new WriteOptions { Opset = 22 })),
            StringComparison.Ordinal
        );
        Assert.Equal(15, OnnxWriter.Write(program, _folder.File("y.onnx")).Opset);
    }

    [Fact]
    public void A_file_that_the_weights_come_from_is_not_overwritten()
    {
        var model = Source();
        Assert.Contains(
            "would overwrite",
            Refuses(() => OnnxWriter.Write(model.Program, model.Path, new WriteOptions { Source = model })),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused() =>
        Assert.Contains(
            "does not exist",
            Refuses(() => OnnxWriter.Write(Source().Program, _folder.File("none/y.onnx"))),
            StringComparison.Ordinal
        );

    [Fact]
    public void Nothing_is_left_behind_when_writing_fails()
    {
        var model = Source();
        File.AppendAllText(model.Path, "more");
        Refuses(() =>
            OnnxWriter.Write(model.Program, _folder.File("copy.onnx"), new WriteOptions { Source = model, Weights = WeightPlacement.Embed })
        );
        Refuses(() =>
            OnnxWriter.Write(
                model.Program,
                _folder.File("copy.onnx"),
                new WriteOptions { Source = model, Weights = WeightPlacement.Beside }
            )
        );
        Assert.Equal([model.Path], Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void Large_constants_of_one_element_stay_small()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [1000, 1000]), "x");
        var filled = b.Constant(new FilledConstant(x.Type, 0.5), "filled");
        OnnxWriter.Write(b.Build([x], [new("y", Mul.Of(b, x, filled))]), _folder.File("model.onnx"));
        Assert.True(new FileInfo(_folder.File("model.onnx")).Length < 1000);
        Assert.Equal("filled", Assert.Single(OnnxModel.Load(_folder.File("model.onnx")).Weights).Name);
    }

    private OnnxModel Source()
    {
        var graph = Graph(Node("Add", "x w", "sum"), Node("Add", "sum v", "y"));
        graph.Initializer.Add(Floats("w", 500, 3));
        graph.Initializer.Add(Floats("v", 500, 3));
        graph.Input[0] = Info("x", 1, 500, 3);
        graph.Output[0] = Info("y", 1, 500, 3);
        return OnnxModel.Load(Model(graph).Save(_folder, "source.onnx"));
    }

    private static string Refuses(Action action) => Assert.Throws<UserErrorException>(action).Message;
}
