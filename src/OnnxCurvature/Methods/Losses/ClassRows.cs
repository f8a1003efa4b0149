using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// Logits with an axis of classes, sample by sample: [N, C, Q], where a sample has Q rows of C logits. Its rows may lie before the classes,
/// as where rows of samples are merged into [N T, C], or after them, as in [N, C, H, W], or both.
/// </summary>
/// <param name="logits">The shape of the logits.</param>
/// <param name="axis">The axis of classes.</param>
/// <param name="samples">Where the samples lie: not along the classes.</param>
internal sealed class ClassRows(TensorShape logits, int axis, SampleLayout samples)
{
    private Dim Samples => samples.IsSeparate ? samples.SamplesOf(logits) : 1;

    private Dim Before => samples.OfOne(logits).Product(0, axis);

    private Dim After => samples.OfOne(logits).Product(axis + 1, logits.Rank);

    /// <summary>Q, the rows of one sample.</summary>
    public Dim Rows => Before * After;

    /// <summary>A value of the shape of the logits, or with one entry in place of the classes, as [N, C, Q] or [N, 1, Q].</summary>
    public Value View(GraphBuilder b, Value value)
    {
        var classes = value.Type.Shape[axis];
        var first = SamplesFirst.Of(b, value, samples);
        if (Before.IsOne)
            return Reshape.To(b, first, [Samples, classes, After]);
        var split = Reshape.To(b, first, [Samples, Before, classes, After]);
        return Reshape.To(b, TransposeAxes.Of(b, split, 0, 2, 1, 3), [Samples, classes, Rows]);
    }

    /// <summary>The inverse of <see cref="View"/> behind an axis of directions: [K, N, C, Q] to [K, *logits].</summary>
    public Value Undo(GraphBuilder b, Value directions)
    {
        var count = directions.Type.Shape[0];
        if (Before.IsOne)
            return SamplesFirst.Undo(b, directions, logits, samples, 1);
        var split = Reshape.To(b, directions, [count, Samples, logits[axis], Before, After]);
        return SamplesFirst.Undo(b, TransposeAxes.Of(b, split, 0, 1, 3, 2, 4), logits, samples, 1);
    }
}
