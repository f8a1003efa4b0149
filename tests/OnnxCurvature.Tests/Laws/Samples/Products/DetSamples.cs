namespace OnnxCurvature.Tests.Laws.Samples.Products;

/// <summary>Samples of Det.</summary>
internal sealed class DetSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("three rows", Any(3, 3));
        yield return Sample("several matrices", Any(2, 2, 4, 4));
        yield return Sample("one row", Any(2, 1, 1));
        yield return Sample("a singular matrix", Values([3, 3], 1, 2, 3, 2, 4, 6, 0.5, -1, 1));
    }
}
