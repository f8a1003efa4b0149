using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The sum of two quantized tensors, entry by entry, quantized.</summary>
internal sealed class QLinearAdd : QuantizedPairwise
{
    /// <inheritdoc/>
    protected override Value Of(GraphBuilder b, Value x, Value y) => Add.Of(b, x, y);
}
