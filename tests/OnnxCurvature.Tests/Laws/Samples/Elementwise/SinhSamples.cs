namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Sinh.</summary>
internal sealed class SinhSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
