namespace OnnxCurvature.Tests.Laws.Samples.Attention;

/// <summary>Samples of LinearAttention.</summary>
internal sealed class LinearAttentionSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Of("linear, heads in groups", 4, 2, Any(2, 3, 8), Any(2, 3, 4), Any(2, 3, 6))
            .With("update_rule", "linear")
            .With("scale", 0.75);
        yield return Of(
                "gated, a decay for each entry, a past",
                2,
                2,
                Any(1, 3, 4),
                Any(1, 3, 4),
                Any(1, 3, 4),
                Any(1, 2, 2, 2),
                Any(1, 3, 4)
            )
            .With("update_rule", "gated");
        yield return Of("gated, a decay for each head", 2, 2, Any(1, 2, 4), Any(1, 2, 4), Any(1, 2, 4), Absent, Any(1, 2, 2))
            .With("update_rule", "gated");
        yield return Of("delta, one rate", 2, 2, Any(1, 3, 4), Any(1, 3, 4), Any(1, 3, 6), Absent, Absent, Any(1, 3, 1))
            .With("update_rule", "delta");
        yield return Of("both", 2, 1, Any(1, 2, 4), Any(1, 2, 2), Any(1, 2, 3), Any(1, 1, 2, 3), Any(1, 2, 1), Any(1, 2, 1));
    }

    private OperatorSample Of(string name, int heads, int groups, params SampleInput[] inputs) =>
        Sample(name, inputs).With("q_num_heads", heads).With("kv_num_heads", groups) with
        {
            Outputs = 2,
        };
}
