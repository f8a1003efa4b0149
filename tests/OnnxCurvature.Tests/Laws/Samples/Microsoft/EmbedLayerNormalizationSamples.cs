namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of EmbedLayerNormalization.</summary>
internal sealed class EmbedLayerNormalizationSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "words, segments and a mask",
            Words,
            Int32s([2, 3], 0, 1, 1, 0, 0, 1),
            Any(5, 4),
            Any(6, 4),
            Any(2, 4),
            Any(4),
            Any(4),
            Int32s([2, 3], 1, 1, 0, 1, 1, 1)
        ) with
        {
            Outputs = 2,
        };
        yield return Sample("words alone", Words, Absent, Any(5, 4), Any(6, 4), Absent, Any(4), Any(4)) with
        {
            Outputs = 2,
        };
        yield return Sample(
                "positions and the sum",
                Words,
                Absent,
                Any(5, 4),
                Any(6, 4),
                Absent,
                Any(4),
                Any(4),
                Absent,
                Int32s([2, 3], 5, 0, 2, 1, 1, 3)
            )
            .With("epsilon", 0.125) with
        {
            Outputs = 3,
        };
    }

    private static SampleInput Words => Int32s([2, 3], 4, 0, 2, 1, 1, 3);
}
