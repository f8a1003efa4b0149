using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Operators that act otherwise in training are taken as they are at inference, and else refused.</summary>
public sealed class InferenceModeTests
{
    private readonly GraphBuilder _b = new();

    [Fact]
    public void Dropout_in_training_mode_is_refused() =>
        Assert.Contains("training mode", Assert.Throws<UnsupportedOperatorException>(() => Dropped(_b.Constant(Tensor.Of(ElementType.Bool, [], [1L])))).Message, StringComparison.Ordinal);

    [Fact]
    public void Dropout_whose_mode_is_computed_is_refused() =>
        Assert.Throws<UnsupportedOperatorException>(() => Dropped(_b.Parameter(new TensorType(ElementType.Bool, []))));

    [Fact]
    public void Dropout_at_inference_loses_its_ratio_and_mode() =>
        Assert.Single(Dropped(_b.Constant(Tensor.Of(ElementType.Bool, [], [0L]))).Inputs);

    [Theory]
    [InlineData(9, "momentum", 5)]
    [InlineData(14, "training_mode", 1)]
    public void BatchNormalization_in_training_mode_is_refused(int opset, string attribute, int outputs)
    {
        var call = new OperatorCall("BatchNormalization", "", [X], Attributes.Empty.With(attribute, 1L), outputs);
        Assert.Contains("training mode", Assert.Throws<UnsupportedOperatorException>(() => Catalogue.Get<BatchNormalization>().FromOpset(_b, call, opset)).Message, StringComparison.Ordinal);
    }

    private Value X => _b.Parameter(new TensorType(ElementType.Float32, [2, 3]));

    private OperatorCall Dropped(Value mode) =>
        Catalogue.Get<Dropout>().FromOpset(_b, new OperatorCall("Dropout", "", [X, null, mode], Attributes.Empty.With("seed", 1L), 1), 13);
}
