namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of MaxRoiPool.</summary>
internal sealed class MaxRoiPoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("regions", Distinct(2, 2, 6, 5), Fixed(Values([3, 5], 0, 0, 0, 4, 5, 1, 1, 2, 3, 5, 0, 2, 1, 3, 2)))
            .With("pooled_shape", [2, 2]);
        yield return Sample("scaled regions", Distinct(1, 1, 5, 6), Fixed(Values([2, 5], 0, 2, 3, 9, 9, 0, 1, 1, 7, 8)))
            .With("pooled_shape", [3, 2])
            .With("spatial_scale", 0.5);
    }
}
