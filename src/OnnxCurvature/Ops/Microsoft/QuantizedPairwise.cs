using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// A function of two quantized tensors, entry by entry under broadcasting, quantized. Inputs: a, its scale and its zero point, those of b,
/// and the scale and the zero point of the result. A zero point that is left out is zero.
/// </summary>
internal abstract class QuantizedPairwise : MicrosoftOperator
{
    /// <summary>The function of the numbers that the integers stand for.</summary>
    protected abstract Value Of(GraphBuilder b, Value x, Value y);

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var result = Of(b, Dequantized(0), Dequantized(3));
        var zero = call.Input(7) ?? b.Constant(Tensor.Filled(call.Required(0).Type.Element, [], 0));
        return [Catalogue.Get<Quantization.QuantizeLinear>().Apply(b, [result, call.Required(6), zero]).Output];

        Value Dequantized(int at) =>
            Catalogue.Get<Quantization.DequantizeLinear>().Apply(b, [call.Required(at), call.Required(at + 1), call.Input(at + 2)]).Output;
    }
}
