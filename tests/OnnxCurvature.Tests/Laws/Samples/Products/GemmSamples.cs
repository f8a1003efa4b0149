namespace OnnxCurvature.Tests.Laws.Samples.Products;

/// <summary>Samples of Gemm.</summary>
internal sealed class GemmSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a dense layer", Any(2, 3), Any(4, 3), Any(4)).With("transB", 1);
        yield return Sample("more rows than columns", Any(3, 2), Any(4, 2), Any(4)).With("transB", 1);
        yield return Sample("no transposition", Any(2, 3), Any(3, 4), Any(2, 4));
        yield return Sample("the first transposed", Any(3, 2), Any(3, 4), Any(1, 4)).With("transA", 1).With("alpha", 0.5);
        yield return Sample("both transposed", Any(3, 2), Any(4, 3), Any(2, 1)).With("transA", 1).With("transB", 1).With("beta", -2.0);
        yield return Sample("factors", Any(2, 3), Any(3, 4), Any()).With("alpha", 0.25).With("beta", 0.5);
        yield return Sample("factors that float32 rounds", Any(2, 3), Any(3, 4), Any(4)).With("alpha", 0.3).With("beta", 0.7) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("a factor that float32 rounds and no third input", Any(3, 2), Any(3, 4))
            .With("transA", 1)
            .With("alpha", 0.3) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("no third input", Any(2, 3), Any(4, 3)).With("transB", 1);
        yield return Sample("a sum for each row", Any(3, 2), Any(2, 4), Any(3, 1));
        yield return Sample("fixed weights", Any(2, 3), Fixed(Any(4, 3)), Fixed(Any(4))).With("transB", 1);
    }
}
