namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Expand.</summary>
internal sealed class ExpandSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("new and repeated axes", Any(3, 1), Vector(2, 3, 4));
        yield return Sample("a shape of lower rank", Any(2, 3, 1), Vector(3, 4));
        yield return Sample("a scalar", Any(), Vector(2, 2));
        yield return Sample("nothing to repeat", Any(2, 3), Vector(1, 3));
    }
}
