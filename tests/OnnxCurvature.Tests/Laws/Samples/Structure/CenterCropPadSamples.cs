namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of CenterCropPad.</summary>
internal sealed class CenterCropPadSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("cut and filled", Any(5, 2, 3), Vector(2, 5, 3));
        yield return Sample("some axes", Any(2, 5, 4), Vector(3, 7)).With("axes", [-1, 1]);
    }
}
