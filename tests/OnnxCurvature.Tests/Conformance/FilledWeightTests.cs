using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>Models as ONNX publishes them without their weights: IR version 3, opset 9, every weight made by a ConstantOfShape.</summary>
public sealed class FilledWeightTests
{
    [Fact]
    public void Weights_that_are_filled_have_derivatives()
    {
        using var folder = new TemporaryFolder();
        var proto = Model(
            Graph(
                Node(
                    "ConstantOfShape",
                    "shape",
                    "w",
                    ModelBytes.Tensor(
                        "value",
                        Floats("", 2)
                            .Also(tensor => tensor.Dims[0] = 1)
                            .Also(tensor => tensor.RawData = Google.Protobuf.ByteString.CopyFrom(BitConverter.GetBytes(0.25f)))
                    )
                ),
                Node("MatMul", "x w", "h"),
                Node("Tanh", "h", "y")
            ),
            opset: 9,
            irVersion: 3
        );
        proto.Graph.Initializer.Add(Integers("shape", 3, 3));
        proto.Graph.Input.Add(Info("shape", 7, 2));
        var model = OnnxModel.Load(proto.Save(folder));
        Assert.Equal(["x"], model.Inputs.Select(input => input.Name));
        var weight = Assert.Single(model.Weights);
        Assert.Equal("w", weight.Name);
        var values = new Dictionary<Value, Tensor>
        {
            [model.Inputs[0]] = Ir.Tensor.Of(ElementType.Float32, [2, 3], [0.5, -0.25, 1, 0.75, 0.125, -1]),
        };
        Interpreter.Run(model.Program.Nodes, values, TestContext.Current.CancellationToken);
        var wrong = new DerivedModel(
            model.Builder,
            [model.Inputs[0], weight],
            model.Outputs.Select(output => output.Value),
            values,
            seed: 2
        ).CheckByGradient();
        Assert.True(wrong is null, wrong);
    }
}
