using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// The boxes that are kept, best scores first, when those that overlap a kept one by too much fall: rows (sample, class, box) of [kept, 3].
/// Piecewise constant. Inputs: boxes [N, B, 4], scores [N, classes, B], most boxes for each class, the greatest overlap, the least score.
/// </summary>
internal sealed class NonMaxSuppression : NonDifferentiable
{
    /// <summary>The most comparisons of two boxes for a number to be found before anything runs.</summary>
    private const double MostPairs = 1e7;

    /// <summary>The number is known where boxes and scores are constants.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (boxes, scores) = (call.Required(0).Type.Shape, call.Required(1).Type.Shape);
        if (
            boxes.Rank != 3
            || scores.Rank != 3
            || boxes[2].Known is not (null or 4)
            || Differ(boxes[0], scores[0])
            || Differ(boxes[1], scores[2])
        )
            throw new ShapeException($"boxes of the shape {boxes} do not fit scores of the shape {scores}");
        return
            call.Inputs.All(input => input is null or { Constant: not null })
            && scores.Elements.Factor * (double)scores[2].Factor <= MostPairs
            ? [Kept(call.Attributes, [.. call.Inputs.Select(input => input?.CompileIn())]).Type]
            : throw new UnsupportedOperatorException("the number of boxes that NonMaxSuppression keeps is known only at run time.");

        static bool Differ(Dim one, Dim other) => one.IsKnown && other.IsKnown && one != other;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) => [Kept(node.Attributes, inputs)];

    private static Tensor Kept(Attributes attributes, ImmutableArray<Tensor?> inputs)
    {
        var (boxes, scores) = (inputs[0]!, inputs[1]!);
        var (count, classes) = (boxes.Shape[1], scores.Shape[1]);
        var most = inputs.ElementAtOrDefault(2)?.At(0) ?? 0;
        var overlap = inputs.ElementAtOrDefault(3)?.At(0) ?? 0;
        var least = inputs.ElementAtOrDefault(4)?.At(0) ?? double.NegativeInfinity;
        var isCentered = attributes.Int("center_point_box", 0) != 0;
        var rows = new List<long>();
        for (var sample = 0; sample < boxes.Shape[0]; sample++)
        for (var of = 0; of < classes; of++)
        {
            var kept = new List<int>();
            foreach (var box in Enumerable.Range(0, (int)count).Where(box => Score(box) > least).OrderByDescending(Score))
                if (kept.Count < most && kept.TrueForAll(other => Overlap(Corners(other), Corners(box)) <= overlap))
                    kept.Add(box);
            rows.AddRange(kept.SelectMany(box => new[] { sample, of, (long)box }));

            double Score(int box) => scores.At((int)((sample * classes + of) * count + box));

            (double Top, double Left, double Bottom, double Right) Corners(int box)
            {
                var at = (int)((sample * count + box) * 4);
                var a = boxes.At(at);
                var b = boxes.At(at + 1);
                var c = boxes.At(at + 2);
                var d = boxes.At(at + 3);
                return isCentered
                    ? (b - d / 2, a - c / 2, b + d / 2, a + c / 2)
                    : (Math.Min(a, c), Math.Min(b, d), Math.Max(a, c), Math.Max(b, d));
            }
        }
        return Tensor.Of(ElementType.Int64, [rows.Count / 3, 3], [.. rows]);
    }

    /// <summary>The area that two boxes share, over that which they cover.</summary>
    private static double Overlap(
        (double Top, double Left, double Bottom, double Right) a,
        (double Top, double Left, double Bottom, double Right) b
    )
    {
        var shared =
            Math.Max(0, Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top))
            * Math.Max(0, Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left));
        var covered = (a.Bottom - a.Top) * (a.Right - a.Left) + (b.Bottom - b.Top) * (b.Right - b.Left) - shared;
        return shared > 0 ? shared / covered : 0;
    }
}
