using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Attention;

/// <summary>Samples of ONNX's Attention.</summary>
internal sealed class AttentionSamples : OperatorSamples
{
    private const double Never = double.NegativeInfinity;

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("heads first", Any(2, 2, 3, 2), Any(2, 2, 4, 2), Any(2, 2, 4, 3));
        yield return Sample("heads last, in groups, with a scale", Any(1, 3, 8), Any(1, 3, 4), Any(1, 3, 4))
            .With("q_num_heads", 4)
            .With("kv_num_heads", 2)
            .With("scale", 0.75);
        yield return Sample("causal, with bounded scores", Any(1, 2, 3, 2), Any(1, 2, 3, 2), Any(1, 2, 3, 2))
            .With("is_causal", 1)
            .With("softcap", 0.75);
        yield return Sample(
                "a mask of truth values and a past, causal",
                Any(1, 2, 2, 2),
                Any(1, 2, 2, 2),
                Any(1, 2, 2, 2),
                Fixed(Tensor.Of(ElementType.Bool, [2, 5], [1L, 1, 0, 1, 0, 0, 1, 1, 1, 1])),
                Any(1, 2, 3, 2),
                Any(1, 2, 3, 2)
            )
            .With("is_causal", 1) with
        {
            Outputs = 3,
        };
        yield return Sample("an added mask, the scores before it", Any(2, 2, 3, 2), Any(2, 2, 4, 2), Any(2, 2, 4, 2), Any(2, 1, 3, 4)) with
        {
            Outputs = 4,
        };
        yield return Sample("bounded scores with a mask, given out", Any(1, 2, 3, 2), Any(1, 2, 4, 2), Any(1, 2, 4, 2), Any(3, 4))
            .With("softcap", 0.75)
            .With("qk_matmul_output_mode", 1) with
        {
            Outputs = 4,
        };
        yield return Sample("masked scores given out", Any(1, 2, 3, 2), Any(1, 2, 4, 2), Any(1, 2, 4, 2), Any(3, 4))
            .With("softcap", 0.75)
            .With("qk_matmul_output_mode", 2) with
        {
            Outputs = 4,
        };
        yield return Sample("the softmax given out", Any(1, 2, 3, 2), Any(1, 2, 4, 2), Any(1, 2, 4, 2), Any(3, 4))
            .With("qk_matmul_output_mode", 3) with
        {
            Outputs = 4,
        };
        yield return Sample(
            "lengths of the keys",
            Any(2, 2, 3, 2),
            Any(2, 2, 4, 2),
            Any(2, 2, 4, 2),
            Absent,
            Absent,
            Absent,
            Fixed(Vector(2, 4))
        );
        yield return Sample(
                "lengths of the keys, causal",
                Any(2, 2, 3, 2),
                Any(2, 2, 4, 2),
                Any(2, 2, 4, 2),
                Absent,
                Absent,
                Absent,
                Fixed(Vector(2, 4))
            )
            .With("is_causal", 1);
        yield return Sample(
                "queries that see no key",
                Any(1, 2, 3, 2),
                Any(1, 2, 4, 2),
                Any(1, 2, 4, 2),
                Fixed(Tensor.Of(ElementType.Bool, [3, 4], [1L, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0]))
            )
            .With("qk_matmul_output_mode", 3) with
        {
            Outputs = 4,
        };
        yield return Sample(
                "negative infinity added",
                Any(1, 2, 3, 2),
                Any(1, 2, 4, 2),
                Any(1, 2, 4, 2),
                Fixed(Tensor.Of(ElementType.Float64, [3, 4], [0.5, Never, 1, 1, Never, Never, Never, Never, Never, 1, 0, 0]))
            )
            .With("softcap", 0.5);
        yield return Sample("a window to both sides", Any(1, 2, 4, 2), Any(1, 2, 5, 2), Any(1, 2, 5, 2))
            .With("left_window_size", 1)
            .With("right_window_size", 0);
        yield return Sample(
                "a window and a past, causal",
                Any(1, 2, 2, 2),
                Any(1, 2, 2, 2),
                Any(1, 2, 2, 2),
                Absent,
                Any(1, 2, 3, 2),
                Any(1, 2, 3, 2)
            )
            .With("is_causal", 1)
            .With("left_window_size", 2)
            .With("right_window_size", 3) with
        {
            Outputs = 3,
        };
        yield return Sample(
                "a window and lengths of the keys",
                Any(2, 2, 2, 2),
                Any(2, 2, 4, 2),
                Any(2, 2, 4, 2),
                Absent,
                Absent,
                Absent,
                Fixed(Vector(2, 4))
            )
            .With("left_window_size", 0)
            .With("right_window_size", 1);
        yield return Sample("a mask of fewer keys", Any(1, 2, 2, 2), Any(1, 2, 4, 2), Any(1, 2, 4, 2), Any(2, 3));
    }
}
