namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of MultiHeadAttention.</summary>
internal sealed class MultiHeadAttentionSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Heads("plain", Any(2, 3, 4), Any(2, 2, 4), Any(2, 2, 6));
        yield return Heads(
                "a bias, a mask and added scores",
                Any(2, 3, 4),
                Any(2, 2, 4),
                Any(2, 2, 4),
                Any(12),
                Int32s([2, 2], 1, 1, 0, 1),
                Any(1, 2, 3, 2)
            )
            .With("scale", 0.5);
        yield return Heads("lengths, and presents", Any(2, 3, 4), Any(2, 3, 4), Any(2, 3, 4), Absent, Int32s([2], 2, 3)) with
        {
            Outputs = 3,
        };
        yield return Heads(
                "a past, causal",
                Any(2, 2, 4),
                Any(2, 2, 4),
                Any(2, 2, 4),
                Absent,
                Absent,
                Absent,
                Any(2, 2, 3, 2),
                Any(2, 2, 3, 2)
            )
            .With("unidirectional", 1) with
        {
            Outputs = 3,
        };
        yield return Heads("keys with the heads first", Any(2, 3, 4), Any(2, 2, 2, 2), Any(2, 2, 2, 2));
        yield return Heads("keys with the heads first, and a bias", Any(2, 3, 4), Any(2, 2, 2, 2), Any(2, 2, 2, 2), Any(12));
        yield return Heads(
                "a mask of every query",
                Any(2, 3, 4),
                Any(2, 2, 4),
                Any(2, 2, 4),
                Absent,
                Int32s([2, 3, 2], 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1)
            )
            .With("mask_filter_value", -2.0);
        yield return Heads(
                "a mask, causal, and scores added to all heads",
                Any(2, 3, 4),
                Any(2, 3, 4),
                Any(2, 3, 4),
                Absent,
                Int32s([2, 3], 1, 1, 0, 1, 1, 1),
                Any(2, 1, 3, 3)
            )
            .With("unidirectional", 1);
        yield return Heads(
            "a mask of what is past, too, and a bias",
            Any(1, 2, 4),
            Any(1, 2, 4),
            Any(1, 2, 4),
            Any(12),
            Int32s([1, 5], 0, 1, 1, 1, 1),
            Any(1, 1, 2, 5),
            Any(1, 2, 3, 2),
            Any(1, 2, 3, 2)
        ) with
        {
            Outputs = 3,
        };
        yield return Heads("packed keys and values", Any(2, 3, 4), Any(2, 2, 2, 2, 2)) with
        {
            NotInRuntime = "ONNX Runtime packs only on CUDA",
        };
        yield return Heads("all packed", Any(2, 3, 2, 3, 2), Absent, Absent, Any(12)) with
        {
            NotInRuntime = "ONNX Runtime packs only on CUDA",
        };
    }

    private OperatorSample Heads(string name, params SampleInput[] inputs) => Sample(name, inputs).With("num_heads", 2);
}
