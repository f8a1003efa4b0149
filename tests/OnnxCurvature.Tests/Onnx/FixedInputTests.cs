using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Inputs that are fixed to values when a model is loaded.</summary>
public sealed class FixedInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_fixed_input_is_a_constant()
    {
        var model = Load("shape", Ir.Tensor.Vector(3, -1));
        Assert.Equal(["x"], model.Inputs.Select(input => input.Name));
        Assert.Equal("[3,N]", model.Outputs.Single().Value.Type.Shape.ToString());
        Assert.Empty(model.UnknownNodes);
    }

    [Fact]
    public void A_name_that_no_input_has_is_refused() => Refuses("has no input 'size'", "size", Ir.Tensor.Vector(3, -1));

    [Fact]
    public void A_value_of_another_shape_is_refused() =>
        Refuses("is int64[3], and the input is int64[2]", "shape", Ir.Tensor.Vector(3, -1, 1));

    [Fact]
    public void A_value_of_another_type_is_refused() =>
        Refuses("is int32[2], and the input is int64[2]", "shape", Ir.Tensor.Of(ElementType.Int32, [2], [3L, -1]));

    private void Refuses(string message, string name, Tensor value) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => Load(name, value)).Message, StringComparison.Ordinal);

    private OnnxModel Load(string name, Tensor value)
    {
        var model = Model(Graph(Node("Reshape", "x shape", "y")));
        model.Graph.Input.Add(Info("shape", 7, 2));
        return OnnxModel.Load(model.Save(_folder), new LoadOptions { Fixed = new Dictionary<string, Tensor> { [name] = value } });
    }
}
