namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of ReverseSequence.</summary>
internal sealed class ReverseSequenceSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("time before batch", Any(4, 3, 2), Vector(1, 4, 2));
        yield return Sample("batch before time", Any(3, 4), Vector(3, 1, 4)).With("batch_axis", 0).With("time_axis", 1);
    }
}
