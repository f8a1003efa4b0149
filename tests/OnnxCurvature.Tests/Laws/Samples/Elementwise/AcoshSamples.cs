namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Acosh.</summary>
internal sealed class AcoshSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Between(1.3, 3, 2, 3));
        yield return Sample("a scalar", Between(1.3, 3));
    }
}
