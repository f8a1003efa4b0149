using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The embeddings of words, positions and segments, summed up and layer-normalized. Inputs: word ids [N, S], segment ids, the embeddings of
/// words, positions and segments [·, H], scale, shift, a mask [N, S] and the positions; segments, mask and positions may be left out.
/// Outputs: y [N, S, H], the number of unmasked words of each sample in int32 [N], and the sum.
/// </summary>
internal sealed class EmbedLayerNormalization : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var ids = call.Required(0);
        var positions = call.Input(8) ?? Reshape.InsertAxis(b, AttentionMask.Indices(b, ids.Type.Shape[1]), 0);
        var sum = new Expr(b, Gather.Of(b, call.Required(2), ids, 0));
        sum += sum.With(Gather.Of(b, call.Required(3), positions, 0));
        if (call.Input(1) is { } segments)
            sum += sum.With(Gather.Of(b, call.Required(4), segments, 0));
        var attributes = Attributes
            .Empty.With("axis", -1L)
            .With("epsilon", (object)call.Attributes.Float("epsilon", 1e-12))
            .With("stash_type", (long)sum.Value.Type.Element);
        var y = Catalogue.Get<LayerNormalization>().Apply(b, [sum, call.Required(5), call.Required(6)], attributes).Output;
        var count = call.Input(7) is { } mask
            ? Cast.Of(b, ReduceSum.Of(b, Cast.Of(b, mask, ElementType.Int64), [1], keepDims: false), ElementType.Int32)
            : Expand.Of(b, b.Scalar(ElementType.Int32, 0), [ids.Type.Shape[0]]);
        return [.. new Value?[] { y, count, sum }.Take(call.OutputCount)];
    }
}
