using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The product of two matrices of 8-bit integers less their zero points, times the scales of both, plus a bias. Inputs: a, b, the scale of
/// each, one or one for each column of b, the zero point of each, and the bias; the last three may be left out.
/// </summary>
internal sealed class MatMulIntegerToFloat : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        [Of(b, [call.Required(0), call.Required(1), call.Input(4), call.Input(5)], call.Required(2), call.Required(3), call.Input(6))];

    /// <summary>The product of <see cref="MatMulInteger"/>'s inputs with scales and a bias.</summary>
    public static Value Of(GraphBuilder b, ImmutableArray<Value?> integers, Value left, Value right, Value? bias)
    {
        var scale = new Expr(b, left) * new Expr(b, right);
        var product = Catalogue.Get<MatMulInteger>().Apply(b, integers).Output;
        var y = new Expr(b, Cast.Of(b, product, left.Type.Element)) * scale;
        return bias is null ? y : y + y.With(bias);
    }
}
