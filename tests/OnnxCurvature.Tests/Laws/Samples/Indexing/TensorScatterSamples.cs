namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of TensorScatter.</summary>
internal sealed class TensorScatterSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("from the start", Any(2, 4, 3), Any(2, 2, 3));
        yield return Sample("from indices on", Any(2, 5, 3), Any(2, 2, 3), Vector(1, 3));
        yield return Sample("around the end", Any(2, 3, 4, 2), Any(2, 3, 3, 2), Vector(3, 0)).With("mode", "circular");
        yield return Sample("another axis", Any(2, 4, 3), Any(2, 4, 1), Vector(2, 0)).With("axis", -1);
    }
}
