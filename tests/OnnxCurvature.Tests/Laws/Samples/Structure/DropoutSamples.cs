namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Dropout.</summary>
internal sealed class DropoutSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("values", Any(2, 3));
        yield return Sample("values and a mask", Any(2, 3)) with
        {
            Outputs = 2,
        };
    }
}
