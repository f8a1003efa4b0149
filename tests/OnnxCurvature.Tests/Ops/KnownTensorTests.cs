using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;
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
    public void What_depends_on_a_parameter_is_not_known() =>
        Assert.Null(KnownTensor.Of(Reshape.To(_b, _b.Parameter(new TensorType(ElementType.Int64, [2, 3])), [6])));
}
