using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Normalization;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The sum x + skip + bias, divided by its root mean square along the last axis. Inputs: x, skip, scale and bias; the last may be left out.
/// Outputs: y, none, the inverse of the root, and the sum.
/// </summary>
internal sealed class SkipSimplifiedLayerNormalization : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var sum = SkipSum.Of(b, call, 3);
        var (normal, inverse) = RootMeanSquare.Of(sum, sum.Value.Type.Rank - 1, call.Attributes.Float("epsilon", 1e-12));
        return [.. new Value?[] { normal * sum.With(call.Required(2)), null, inverse, sum }.Take(call.OutputCount)];
    }
}
