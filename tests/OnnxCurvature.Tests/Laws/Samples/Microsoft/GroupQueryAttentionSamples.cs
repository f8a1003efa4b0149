using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of GroupQueryAttention.</summary>
internal sealed class GroupQueryAttentionSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Groups("a prompt", Any(2, 3, 16), Any(2, 3, 8), Any(2, 3, 8), Absent, Absent, Int32s([2], 2, 2), Int32s([], 3));
        yield return Groups(
                "bounded scores and presents",
                Any(1, 3, 16),
                Any(1, 3, 8),
                Any(1, 3, 8),
                Absent,
                Absent,
                Int32s([1], 2),
                Int32s([], 3)
            )
            .With("softcap", 0.75)
            .With("scale", 0.5);
        yield return Groups("packed, in a window", Any(1, 4, 32), Absent, Absent, Absent, Absent, Int32s([1], 3), Int32s([], 4))
            .With("local_window_size", 2);
        yield return Groups(
            "a full past",
            Any(2, 1, 16),
            Any(2, 1, 8),
            Any(2, 1, 8),
            Any(2, 1, 3, 8),
            Any(2, 1, 3, 8),
            Constant(Int32s([2], 3, 3).Value),
            Int32s([], 4)
        );
        yield return Groups(
                "rotary positions",
                Any(1, 2, 32),
                Any(1, 2, 16),
                Any(1, 2, 16),
                Absent,
                Absent,
                Int32s([1], 1),
                Int32s([], 2),
                Any(5, 8),
                Any(5, 8)
            )
            .With("do_rotary", 1);
        yield return Groups(
                "rotary positions after a past, interleaved",
                Any(1, 2, 32),
                Any(1, 2, 16),
                Any(1, 2, 16),
                Any(1, 1, 2, 16),
                Any(1, 1, 2, 16),
                Constant(Int32s([1], 3).Value),
                Int32s([], 4),
                Any(5, 8),
                Any(5, 8)
            )
            .With("do_rotary", 1)
            .With("rotary_interleaved", 1);
        yield return Groups(
            "added scores",
            Any(1, 3, 16),
            Any(1, 3, 8),
            Any(1, 3, 8),
            Absent,
            Absent,
            Int32s([1], 2),
            Int32s([], 3),
            Absent,
            Absent,
            Absent,
            Any(1, 2, 3, 3)
        );
        yield return Groups("a smooth softmax", Any(1, 3, 16), Any(1, 3, 8), Any(1, 3, 8), Absent, Absent, Int32s([1], 2), Int32s([], 3))
            .With("smooth_softmax", 1);
        yield return Groups(
            "sinks",
            Any(2, 3, 16),
            Any(2, 3, 8),
            Any(2, 3, 8),
            Absent,
            Absent,
            Int32s([2], 2, 2),
            Int32s([], 3),
            Absent,
            Absent,
            Absent,
            Absent,
            Any(2)
        );
        yield return Groups(
                "sinks in a window after a past",
                Any(1, 1, 16),
                Any(1, 1, 8),
                Any(1, 1, 8),
                Any(1, 1, 3, 8),
                Any(1, 1, 3, 8),
                Constant(Int32s([1], 3).Value),
                Int32s([], 4),
                Absent,
                Absent,
                Absent,
                Absent,
                Any(2)
            )
            .With("local_window_size", 2);
        yield return Groups(
                "bounded and added scores",
                Any(1, 3, 16),
                Any(1, 3, 8),
                Any(1, 3, 8),
                Absent,
                Absent,
                Int32s([1], 2),
                Int32s([], 3),
                Absent,
                Absent,
                Absent,
                Any(1, 1, 3, 3)
            )
            .With("softcap", 0.75);
        yield return Groups(
                "sinks of bounded scores",
                Any(1, 3, 16),
                Any(1, 3, 8),
                Any(1, 3, 8),
                Absent,
                Absent,
                Int32s([1], 2),
                Int32s([], 3),
                Absent,
                Absent,
                Absent,
                Absent,
                Any(2)
            )
            .With("softcap", 0.75)
            .With("smooth_softmax", 1);
        yield return Groups(
                "packed, with rotary positions",
                Any(1, 2, 64),
                Absent,
                Absent,
                Absent,
                Absent,
                Int32s([1], 1),
                Int32s([], 2),
                Any(5, 8),
                Any(5, 8)
            )
            .With("do_rotary", 1);
        yield return Groups(
                "rotary positions that are given",
                Any(1, 2, 32),
                Any(1, 2, 16),
                Any(1, 2, 16),
                Absent,
                Absent,
                Int32s([1], 1),
                Int32s([], 2),
                Any(5, 8),
                Any(5, 8),
                Fixed(Tensor.Of(ElementType.Int64, [1, 2], [2L, 3]))
            )
            .With("do_rotary", 1);
        yield return Groups(
                "rotary positions of a part of the heads",
                Any(1, 2, 64),
                Any(1, 2, 32),
                Any(1, 2, 32),
                Absent,
                Absent,
                Int32s([1], 1),
                Int32s([], 2),
                Any(5, 8),
                Any(5, 8)
            )
            .With("do_rotary", 1);
        yield return Groups(
                "a window and added scores after a past",
                Any(1, 1, 16),
                Any(1, 1, 8),
                Any(1, 1, 8),
                Any(1, 1, 3, 8),
                Any(1, 1, 3, 8),
                Constant(Int32s([1], 3).Value),
                Int32s([], 4),
                Absent,
                Absent,
                Absent,
                Any(1, 2, 1, 4)
            )
            .With("local_window_size", 2);
    }

    /// <summary>Two heads that share keys and values; ONNX Runtime's kernel is not safe without the outputs of the past.</summary>
    private OperatorSample Groups(string name, params SampleInput[] inputs) =>
        Sample(name, inputs).With("num_heads", 2).With("kv_num_heads", 1) with
        {
            Outputs = 3,
        };
}
