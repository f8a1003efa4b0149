namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Mod.</summary>
internal sealed class ModSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("of numbers", Values([4], 5.3, -5.3, 5.3, -0.4), Values([4], 2.1, 2.1, -2.1, 3)).With("fmod", 1);
        yield return Sample("broadcast", Values([2, 1], 5.3, -5.3), Values([2], 2.1, 0.96)).With("fmod", 1);
        yield return Sample("of integers", Fixed(Vector(5, -5, 5, -5, 4)), Vector(3, 3, -3, -3, 2));
        yield return Sample("of integers with the sign of the dividend", Fixed(Vector(5, -5, 5, -5)), Vector(3, 3, -3, -3)).With("fmod", 1);
    }
}
