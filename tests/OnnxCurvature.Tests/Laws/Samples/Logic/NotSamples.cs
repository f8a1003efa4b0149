namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of Not.</summary>
internal sealed class NotSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Fixed(Truths(2, 3)));
    }
}
