namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of Xor.</summary>
internal sealed class XorSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Fixed(Truths(2, 3)), Fixed(Truths(2, 3)));
        yield return Sample("broadcast", Fixed(Truths(2, 1, 3)), Fixed(Truths(4, 1)));
    }
}
