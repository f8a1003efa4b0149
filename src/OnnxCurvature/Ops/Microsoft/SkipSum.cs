using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The sum that normalizations with a skip connection normalize.</summary>
internal static class SkipSum
{
    /// <summary>x + skip + bias, where the skip may lack the batch axis and the bias may be left out.</summary>
    public static Expr Of(GraphBuilder b, OperatorCall call, int biasInput)
    {
        var x = new Expr(b, call.Required(0));
        var sum = x + x.With(call.Required(1));
        return call.Input(biasInput) is { } bias ? sum + x.With(bias) : sum;
    }
}
