using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Values that are known although nodes compute them.</summary>
public sealed class KnownTensorTests
{
    private readonly GraphBuilder _b = new();

    [Fact]
    public void A_chain_that_begins_with_constants_is_computed()
    {
        var pairs = _b.Constant(Tensor.Of(ElementType.Int64, [3, 2], [0L, 1, 2, 3, 4, 5]));
        var pads = Reshape.To(_b, TransposeAxes.Of(_b, pairs, 1, 0), [6]);
        Assert.Equal([0, 2, 4, 1, 3, 5], KnownTensor.Of(pads)!.Integers);
    }

    [Fact]
    public void A_value_that_depends_on_a_parameter_is_not_known() =>
        Assert.Null(KnownTensor.Of(Reshape.To(_b, _b.Parameter(new TensorType(ElementType.Int64, [2, 3])), [6])));

    [Fact]
    public void A_slice_whose_axes_are_computed_from_constants_takes_several_directions()
    {
        var x = _b.Parameter(new TensorType(ElementType.Float64, [2, 4]));
        var axes = Catalogue.Get<Unsqueeze>().Apply(_b, [_b.Scalar(ElementType.Int64, 1)], Attributes.Empty.With("axes", [0])).Output;
        var part = Catalogue.Get<Slice>().Apply(_b, [x, _b.Vector(1), _b.Vector(3), axes]).Output;
        Assert.Equal(
            [3, 2, 2],
            _b.Batch([part], new Dictionary<Value, Value> { [x] = _b.Parameter(x.Type with { Shape = [3, 2, 4] }) }, 3)[0]!.Type.Shape.Sizes
        );
    }
}
