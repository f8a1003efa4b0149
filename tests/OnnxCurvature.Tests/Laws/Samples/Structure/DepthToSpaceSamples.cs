namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of DepthToSpace.</summary>
internal sealed class DepthToSpaceSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("blocks before channels", Any(2, 8, 2, 3)).With("blocksize", 2);
        yield return Sample("channels before blocks", Any(2, 8, 2, 3)).With("blocksize", 2).With("mode", "CRD");
    }
}
