namespace OnnxCurvature.Tests.Laws.Samples.Products;

/// <summary>Samples of MatMul.</summary>
internal sealed class MatMulSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two matrices", Any(2, 3), Any(3, 4));
        yield return Sample("either batch broadcast", Any(2, 1, 2, 3), Any(3, 3, 2));
        yield return Sample("a batch of matrices and a matrix", Any(2, 2, 3), Any(3, 4));
        yield return Sample("a matrix and a batch of matrices", Any(2, 3), Any(2, 3, 4));
        yield return Sample("a row and a matrix", Any(3), Any(3, 4));
        yield return Sample("a matrix and a column", Any(2, 3), Any(3));
        yield return Sample("two vectors", Any(3), Any(3));
        yield return Sample("a row and a batch of matrices", Any(3), Any(2, 3, 4));
        yield return Sample("a batch of matrices and a column", Any(2, 4, 3), Any(3));
        yield return Sample("a fixed matrix", Any(2, 3), Fixed(Any(3, 4)));
    }
}
