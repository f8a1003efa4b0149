using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The product of a matrix, quantized as <see cref="DynamicQuantizeLinear"/> does, and one of 8-bit integers. Inputs: a, b, the scale and
/// the zero point of b, one or one for each column, and a bias; the last two may be left out. It is piecewise linear in a through the scale
/// alone.
/// </summary>
internal sealed class DynamicQuantizeMatMul : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var quantized = Catalogue.Get<DynamicQuantizeLinear>().Apply(b, [call.Required(0)], Attributes.Empty, 3).Outputs;
        return
        [
            MatMulIntegerToFloat.Of(
                b,
                [quantized[0], call.Required(1), quantized[2], call.Input(3)],
                quantized[1],
                call.Required(2),
                call.Input(4)
            ),
        ];
    }
}
