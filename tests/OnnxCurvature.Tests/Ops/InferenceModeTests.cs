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
        Assert.Contains(
            "training mode",
            Assert.Throws<UnsupportedOperatorException>(() => Dropped(_b.Constant(Tensor.Of(ElementType.Bool, [], [1L])))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Dropout_whose_mode_is_computed_is_refused() =>
        Assert.Throws<UnsupportedOperatorException>(() => Dropped(_b.Parameter(new TensorType(ElementType.Bool, []))));

    [Fact]
    public void Dropout_at_inference_loses_its_ratio_and_mode() =>
        Assert.Single(Dropped(_b.Constant(Tensor.Of(ElementType.Bool, [], [0L]))).Inputs);

    [Fact]
    public void Dropout_that_drops_nothing_is_taken_in_training_mode() =>
        Assert.Single(
            Catalogue
                .Get<Dropout>()
                .FromOpset(
                    _b,
                    new OperatorCall(
                        "Dropout",
                        "",
                        [X, _b.Scalar(ElementType.Float32, 0), _b.Parameter(new TensorType(ElementType.Bool, []))],
                        Attributes.Empty,
                        1
                    ),
                    13
                )
                .Inputs
        );

    [Fact]
    public void BatchNormalization_in_the_training_mode_of_older_opsets_is_refused()
    {
        var call = new OperatorCall("BatchNormalization", "", [X], Attributes.Empty.With("momentum", 1L), 5);
        Assert.Contains(
            "training mode",
            Assert.Throws<UnsupportedOperatorException>(() => Catalogue.Get<BatchNormalization>().FromOpset(_b, call, 9)).Message,
            StringComparison.Ordinal
        );
    }

    private Value X => _b.Parameter(new TensorType(ElementType.Float32, [2, 3]));

    private OperatorCall Dropped(Value mode) =>
        Catalogue.Get<Dropout>().FromOpset(_b, new OperatorCall("Dropout", "", [X, null, mode], Attributes.Empty.With("seed", 1L), 1), 13);
}
