namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Pad.</summary>
internal sealed class PadSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("zeros around", Any(2, 3), Vector(1, 0, 0, 2));
        yield return Sample("negative widths", Any(4, 5), Vector(-1, 1, 0, -2));
        yield return Sample("a constant", Any(2, 3), Vector(1, 0, 2, 0), Fixed(Values([], 1.5)));
        yield return Sample("reflections", Any(3, 4), Vector(2, 1, 0, 3)).With("mode", "reflect");
        yield return Sample("edges", Any(2, 3), Vector(1, 0, 2, 1)).With("mode", "edge");
        yield return Sample("wrapped around, and cut", Any(3, 4), Vector(2, -1, 1, 2)).With("mode", "wrap") with
        {
            NotInRuntime = "ONNX Runtime wraps before it cuts",
        };
        yield return Sample("wrapped around", Any(3, 4), Vector(2, 1, 1, 2)).With("mode", "wrap");
        yield return Sample("a constant with a derivative", Any(2, 3), Vector(1, 0, 2, 0), Values([], 1.5)) with
        {
            RefusesDerivative = true,
        };
        yield return Sample("no widths", Any(2, 3), Vector(0, 0, 0, 0));
    }
}
