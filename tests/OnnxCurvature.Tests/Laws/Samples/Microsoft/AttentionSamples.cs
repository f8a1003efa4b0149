namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of Attention.</summary>
internal sealed class AttentionSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Heads("plain", Any(2, 3, 4), Any(4, 12), Any(12));
        yield return Heads("causal, with a scale", Any(2, 3, 4), Any(4, 12), Any(12)).With("unidirectional", 1).With("scale", 0.5);
        yield return Heads("a mask of truth values", Any(2, 3, 4), Any(4, 12), Any(12), Int32s([2, 3], 1, 1, 0, 0, 1, 1)) with
        {
            Outputs = 2,
        };
        yield return Heads("a mask of every query", Any(2, 2, 4), Any(4, 12), Any(12), Int32s([2, 2, 2], 1, 1, 1, 0, 0, 1, 1, 1))
            .With("mask_filter_value", -3.0);
        yield return Heads("lengths", Any(2, 3, 4), Any(4, 12), Any(12), Int32s([2], 2, 3));
        yield return Heads("ends and begins", Any(2, 3, 4), Any(4, 12), Any(12), Int32s([4], 2, 3, 0, 1));
        yield return Heads("a past, causal", Any(2, 2, 4), Any(4, 12), Any(12), Absent, Any(2, 2, 2, 3, 2)).With("unidirectional", 1) with
        {
            Outputs = 2,
        };
        yield return Heads("added scores, and values of another size", Any(2, 3, 4), Any(4, 14), Any(14), Absent, Absent, Any(2, 2, 3, 3))
            .With("qkv_hidden_sizes", [4, 4, 6]);
        yield return Heads(
                "a mask, causal, and added scores",
                Any(2, 3, 4),
                Any(4, 12),
                Any(12),
                Int32s([2, 3], 1, 1, 0, 1, 1, 1),
                Absent,
                Any(1, 2, 3, 3)
            )
            .With("unidirectional", 1);
        yield return Heads("a scale of zero, which stands for the default", Any(2, 3, 4), Any(4, 12), Any(12)).With("scale", 0.0);
        yield return Heads(
            "a mask of what is past, too",
            Any(2, 2, 4),
            Any(4, 12),
            Any(12),
            Int32s([2, 5], 0, 1, 1, 1, 1, 1, 1, 1, 1, 0),
            Any(2, 2, 2, 3, 2)
        ) with
        {
            Outputs = 2,
        };
        yield return Heads(
                "a mask of every query and of what is past, causal",
                Any(1, 2, 4),
                Any(4, 12),
                Any(12),
                Int32s([1, 2, 3], 1, 0, 1, 1, 1, 1),
                Any(2, 1, 2, 1, 2)
            )
            .With("unidirectional", 1) with
        {
            Outputs = 2,
        };
        yield return Heads("lengths that cut off, causal", Any(2, 3, 4), Any(4, 12), Any(12), Int32s([2], 1, 3)).With("unidirectional", 1);
    }

    private OperatorSample Heads(string name, params SampleInput[] inputs) => Sample(name, inputs).With("num_heads", 2);
}
