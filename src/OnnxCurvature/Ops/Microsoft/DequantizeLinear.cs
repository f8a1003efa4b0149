using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The operator of the same name of the standard, as it was spelled for 16-bit integers before the standard took them. It becomes
/// that when it is loaded.
/// </summary>
internal sealed class DequantizeLinear : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var standard = FromOpset(b, call, 1);
        return [Catalogue.Get<Quantization.DequantizeLinear>().Apply(b, standard.Inputs, standard.Attributes).Output];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        Catalogue.Get<Quantization.DequantizeLinear>().FromOpset(b, call with { Domain = "" }, 21);
}
