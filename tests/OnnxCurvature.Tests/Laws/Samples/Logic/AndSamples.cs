namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of And.</summary>
internal sealed class AndSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Fixed(Truths(2, 3)), Fixed(Truths(2, 3)));
        yield return Sample("broadcast", Fixed(Truths(2, 1, 3)), Fixed(Truths(4, 1)));
    }
}
