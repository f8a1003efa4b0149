namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of SpaceToDepth.</summary>
internal sealed class SpaceToDepthSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("blocks of two by two", Any(2, 3, 4, 6)).With("blocksize", 2);
    }
}
