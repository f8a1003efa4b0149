using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of EyeLike.</summary>
internal sealed class EyeLikeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("square", Fixed(Any(3, 3)));
        yield return Sample("an upper diagonal", Fixed(Any(2, 4))).With("k", 2);
        yield return Sample("a lower diagonal of integers", Fixed(Any(4, 2))).With("k", -1).With("dtype", (long)ElementType.Int64);
    }
}
