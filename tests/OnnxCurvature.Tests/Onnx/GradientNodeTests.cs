using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Nodes by which a model itself asks for gradients.</summary>
public sealed class GradientNodeTests : IDisposable
{
    private const string Published = "/usr/share/libonnx-testdata/data/simple";

    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("test_gradient_of_add"), InlineData("test_gradient_of_add_and_mul")]
    public void The_published_models_give_their_published_outputs(string name)
    {
        Assert.SkipUnless(Directory.Exists(Published), "Debian's package libonnx-testdata is not installed.");
        var model = OnnxModel.Load(Path.Combine(Published, name, "model.onnx"));
        var copy = _folder.File("copy.onnx");
        OnnxWriter.Write(model.Program, copy, new WriteOptions { Source = model });
        var inputs = model
            .Inputs.Select(
                (input, index) => (input.Name!, TensorFile.Read(Path.Combine(Published, name, $"test_data_set_0/input_{index}.pb")))
            )
            .ToDictionary();
        var outputs = OrtRun.Run(copy, inputs);
        Assert.Equal(3, outputs.Count);
        var expected = Enumerable
            .Range(0, outputs.Count)
            .Select(index => TensorFile.Read(Path.Combine(Published, name, $"test_data_set_0/output_{index}.pb")))
            .ToList();
        Assert.Null(TensorFile.Same(expected, outputs));
    }

    [Fact]
    public void A_gradient_of_a_gradient_is_a_second_derivative()
    {
        // y = x³ w, so that the gradient is 3 x² w and the gradient of its sum 6 x w.
        var model = Requested(
            Node("Mul", "x x", "square"),
            Node("Mul", "square x", "cube"),
            Node("Mul", "cube w", "p"),
            Request("x", "g", "p", "x"),
            Request("x", "y", "g", "x")
        );
        Assert.Equal([0, 6 * 2 * 0.5, 6 * 3 * 1], Values(model, "y"));
    }

    [Fact]
    public void Gradients_are_taken_at_the_inputs_of_the_node()
    {
        // p = x² w; at the point w in place of x the gradient is 2 w².
        var model = Requested(Node("Mul", "x x", "square"), Node("Mul", "square w", "p"), Request("w w", "y", "p", "x", "w"));
        Assert.Equal([0, 2 * 0.25, 2], Values(model, "y"));
    }

    [Fact]
    public void A_value_that_does_not_matter_has_the_gradient_zero()
    {
        var model = Requested(Node("Mul", "x x", "p"), Request("x w", "g y", "p", "x w"));
        Assert.Equal([0, 0, 0], Values(model, "y"));
    }

    [Fact]
    public void A_derivative_that_is_lost_on_the_way_is_an_error()
    {
        var model = Requested(Node("Round", "x", "r"), Node("Mul", "r w", "p"), Request("x", "y", "p", "x"));
        var exception = Assert.Throws<UserErrorException>(() => OnnxModel.Load(model.Save(_folder)));
        Assert.Contains("Round that makes 'r' on the way to 'p' is piecewise constant", exception.Message, StringComparison.Ordinal);
    }

    private double[] Values(ModelProto model, string name)
    {
        var loaded = OnnxModel.Load(model.Save(_folder));
        var values = new Dictionary<Value, Ir.Tensor> { [loaded.Inputs[0]] = Ir.Tensor.Of([3], [1.0, 2, 3]) };
        Interpreter.Run(loaded.Program.Nodes, values);
        return values[loaded.Values[name]].Floats;
    }

    private static ModelProto Requested(params NodeProto[] nodes)
    {
        var model = Model(Graph(nodes)).Also(model => model.Graph.Initializer.Add(Floats("w", 3)));
        model.Graph.Input[0] = Info("x", 1, 3);
        model.Graph.Output[0] = Info("y", 1, 3);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.preview.training", Version = 1 });
        return model;
    }

    private static NodeProto Request(string inputs, string outputs, string y, string xs, string zs = "")
    {
        var node = Node(
                "Gradient",
                inputs,
                outputs,
                Names("xs", xs),
                new AttributeProto
                {
                    Name = "y",
                    Type = Kind.String,
                    S = ByteString.CopyFromUtf8(y),
                }
            )
            .Also(node => node.Domain = "ai.onnx.preview.training");
        if (zs.Length > 0)
            node.Attribute.Add(Names("zs", zs));
        return node;
    }

    private static AttributeProto Names(string name, string names) =>
        new()
        {
            Name = name,
            Type = Kind.Strings,
            Strings = { names.Split(' ').Select(ByteString.CopyFromUtf8) },
        };
}
