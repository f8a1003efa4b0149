using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Random;

/// <summary>Samples of Multinomial.</summary>
internal sealed class MultinomialSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one class", Fixed(Any(3, 4)));
        yield return Sample("several", Fixed(Any(2, 3))).With("sample_size", 5).With("dtype", (long)ElementType.Int64);
    }
}
