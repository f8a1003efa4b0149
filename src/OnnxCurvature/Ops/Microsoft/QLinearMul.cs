using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The product of two quantized tensors, entry by entry, quantized.</summary>
internal sealed class QLinearMul : QuantizedPairwise
{
    /// <inheritdoc/>
    protected override Value Of(GraphBuilder b, Value x, Value y) => Mul.Of(b, x, y);
}
