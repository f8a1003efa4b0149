using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of Compress.</summary>
internal sealed class CompressSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("some rows", Any(3, 2), Condition(1, 0, 1)).With("axis", 0);
        yield return Sample("a shorter condition", Any(2, 4, 2), Condition(0, 1, 1)).With("axis", -2);
        yield return Sample("entries in a row", Any(2, 3), Condition(0, 1, 0, 0, 1));
    }

    private static SampleInput Condition(params long[] truths) => Constant(Tensor.Of(ElementType.Bool, [truths.Length], truths));
}
