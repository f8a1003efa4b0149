using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Where.</summary>
internal sealed class WhereSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Fixed(Truths(2, 3)), Any(2, 3), Any(2, 3));
        yield return Sample("all inputs broadcast", Fixed(Truths(2, 1, 1)), Any(3, 1), Any(1, 4));
        yield return Sample("the greater input fixed", Fixed(Truths(3)), Any(), Fixed(Any(2, 3)));
        yield return Sample("a scalar condition", Fixed(Tensor.Of(ElementType.Bool, [], [1L])), Any(2), Fixed(Any(2)));
        yield return Sample("integers", Fixed(Truths(3)), Vector(1, 2, 3), Vector(4, 5, 6));
    }
}
