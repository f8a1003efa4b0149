namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Tile.</summary>
internal sealed class TileSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("both axes", Any(2, 3), Vector(2, 3));
        yield return Sample("one axis", Any(2, 3, 2), Vector(1, 2, 1));
        yield return Sample("nothing repeated", Any(2, 3), Vector(1, 1));
    }
}
