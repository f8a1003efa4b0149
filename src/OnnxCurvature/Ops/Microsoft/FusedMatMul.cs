using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// y = alpha A·B, where the last two axes of A and B are exchanged first by <c>transA</c> and <c>transB</c>; by <c>transBatchA</c> and
/// <c>transBatchB</c> the first axis goes before the last.
/// </summary>
internal sealed class FusedMatMul : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        [call.Attributes.Float("alpha", 1) * new Expr(b, MatMul.Of(b, Turned(b, call, 0, "A"), Turned(b, call, 1, "B")))];

    private static Value Turned(GraphBuilder b, OperatorCall call, int input, string suffix)
    {
        var x = call.Required(input);
        if (call.Attributes.Int("transBatch" + suffix, 0) != 0)
            x = TransposeAxes.Move(b, x, 0, x.Type.Rank - 2);
        return call.Attributes.Int("trans" + suffix, 0) != 0 && x.Type.Rank > 1 ? TransposeAxes.Last(b, x) : x;
    }
}
