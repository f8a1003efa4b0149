using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>The decimal constants that numbers of a formula are recovered as.</summary>
public sealed class RoundedNumberTests
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(-0.2)]
    [InlineData(0.044715)]
    [InlineData(1e-5)]
    [InlineData(1e-12)]
    [InlineData(1.4142135623730951)]
    [InlineData(0.70710678118654757)]
    [InlineData(-2.8284271247461903)]
    [InlineData(0.3333333333333333)]
    [InlineData(0.7598356856515925)]
    [InlineData(0.29730177875068026)]
    [InlineData(0.79788456080286541)]
    [InlineData(3.1415926535897931)]
    [InlineData(1.6732632423543772)]
    [InlineData(1.0507009873554805)]
    public void A_plain_number_is_known_by_its_rounding(double number) =>
        Assert.Equal(number, RoundedNumber.Recover((float)number), 2e-16 * Math.Abs(number));

    [Fact]
    public void Of_a_tensor_of_one_element_a_root_is_known_and_a_decimal_is_a_weight()
    {
        Assert.Equal(Math.Sqrt(0.5), RoundedNumber.RecoverByFormula((float)Math.Sqrt(0.5)));
        Assert.Equal(0.1f, RoundedNumber.RecoverByFormula(0.1f));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(-0.5f)]
    [InlineData(65504f)]
    [InlineData(1.0507009f)]
    [InlineData(0.123456f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.MaxValue)]
    public void Any_other_number_is_itself(float number) => Assert.Equal(number, RoundedNumber.Recover(number));

    [Theory]
    [InlineData(Precision.Float64, 1.6732632423543772, 1.0507009873554805)]
    [InlineData(Precision.Model, 1.67326319217681884765625, 1.05070102214813232421875)]
    public void The_defaults_of_Selu_are_numbers_that_were_rounded(Precision precision, double alpha, double gamma)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("selu.onnx");
        File.WriteAllBytes(
            path,
            Model(
                    new GraphProto
                    {
                        Name = "selu",
                        Input = { Info("x", 1, 2) },
                        Output = { Info("y", 1, 2) },
                        Node = { Node("Selu", "x", "y") },
                    }
                )
                .ToByteArray()
        );
        var graph = OnnxModel.Load(path, new LoadOptions { Precision = precision }).Graph;
        var x = Ir.Tensor.Of(graph.Inputs[0].Type.Element, [2], [-1.0, 2]);
        var y = Interpreter
            .Run(Ir.Program.Create(graph.Inputs, graph.Outputs), new Dictionary<Value, Tensor> { [graph.Inputs[0]] = x })[0]
            .Floats;
        var tolerance = precision == Precision.Float64 ? 1e-15 : 2e-7;
        Assert.Equal(gamma * alpha * (Math.Exp(-1) - 1), y[0], tolerance);
        Assert.Equal(2 * gamma, y[1], tolerance);
    }

    [Fact]
    public void NaN_stays_NaN() => Assert.True(double.IsNaN(RoundedNumber.Recover(float.NaN)));
}
