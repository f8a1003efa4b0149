namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Tan.</summary>
internal sealed class TanSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Between(-1, 1, 2, 3));
        yield return Sample("a scalar", Between(-1, 1));
    }
}
