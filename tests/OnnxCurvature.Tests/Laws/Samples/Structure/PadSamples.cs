namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Pad.</summary>
public sealed class PadSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("zeros around", Any(2, 3), Vector(1, 0, 0, 2));
        yield return Sample("negative widths", Any(4, 5), Vector(-1, 1, 0, -2));
        yield return Sample("a constant", Any(2, 3), Vector(1, 0, 2, 0), Fixed(Values([], 1.5)));
        yield return Sample("reflections", Any(2, 3), Vector(0, 1, 0, 2)).With("mode", "reflect") with { RefusesDerivative = true };
        yield return Sample("no widths", Any(2, 3), Vector(0, 0, 0, 0));
    }
}
