namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Size.</summary>
internal sealed class SizeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
