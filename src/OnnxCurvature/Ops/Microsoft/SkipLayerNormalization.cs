using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Normalization;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The sum x + skip + bias, layer-normalized along the last axis. Inputs: x, skip, scale, shift and bias; the last two may be left out.
/// Outputs: y, the mean, the inverse of the deviation, and the sum.
/// </summary>
internal sealed class SkipLayerNormalization : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var sum = SkipSum.Of(b, call, 4);
        ImmutableArray<Value?> inputs = [sum, call.Required(2), call.Input(3)];
        var attributes = Attributes
            .Empty.With("axis", -1L)
            .With("epsilon", (object)call.Attributes.Float("epsilon", 1e-12))
            .With("stash_type", (long)sum.Value.Type.Element);
        var normal = Catalogue.Get<LayerNormalization>().Apply(b, inputs, attributes, Math.Clamp(call.OutputCount, 1, 3));
        return [.. normal.Outputs.Append(sum.Value).Take(call.OutputCount)];
    }
}
