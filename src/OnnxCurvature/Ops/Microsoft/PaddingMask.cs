using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The mask of padded positions that ONNX Runtime's attentions take in several forms.</summary>
internal static class PaddingMask
{
    /// <summary>
    /// The term that is added to the scores [N, heads, S, T]: zero at positions that count, else <c>mask_filter_value</c> (default -10000).
    /// The mask holds lengths [N], ends and begins [2*N], or truth values [N, T] or [N, S, T].
    /// </summary>
    public static Value Penalty(GraphBuilder b, OperatorCall call, Value mask, TensorShape scores, ElementType element)
    {
        var shape = mask.Type.Shape;
        var zero = b.Scalar(mask.Type.Element, 0);
        Value allowed;
        if (shape.Rank == 2)
            allowed = Reshape.To(b, Greater.Of(b, mask, zero), [shape[0], 1, 1, shape[1]]);
        else if (shape.Rank == 3)
            allowed = Reshape.To(b, Greater.Of(b, mask, zero), [shape[0], 1, shape[1], shape[2]]);
        else if (shape.Rank == 1 && (shape[0] == scores[0] || shape[0] == 2 * scores[0]))
        {
            var positions = Cast.Of(b, AttentionMask.Indices(b, scores[3]), mask.Type.Element);
            allowed = Less.Of(b, positions, Part(0));
            if (shape[0] != scores[0])
                allowed = And.Of(b, allowed, GreaterOrEqual.Of(b, positions, Part(1)));
        }
        else
            throw new UnsupportedOperatorException($"a mask of shape {shape} is not supported for scores of shape {scores}.");
        return AttentionMask.Penalty(b, allowed, element, call.Attributes.Float("mask_filter_value", -10000));

        Value Part(int index)
        {
            var part = shape[0] == scores[0] ? mask : Reshape.To(b, mask, [2, scores[0]]);
            if (shape[0] != scores[0])
                part = Slice.Of(b, part, 0, index, index + 1);
            return Reshape.To(b, part, [scores[0], 1, 1, 1]);
        }
    }
}
