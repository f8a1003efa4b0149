namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of SureLogSoftmax.</summary>
internal sealed class SureLogSoftmaxSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis by default", Any(2, 3));
        yield return Sample("the middle axis", Any(2, 3, 2)).With("axis", 1);
        yield return Sample("the first axis", Any(3, 2)).With("axis", -2);
        yield return Sample("extreme elements", Values([2, 3], 900, 899.5, 901, 0.3, -0.4, -900));
    }
}
