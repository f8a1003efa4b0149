namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Slice.</summary>
internal sealed class SliceSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two axes", Any(4, 5, 2), Vector(1, 0), Vector(3, 4), Vector(0, 1));
        yield return Sample("steps", Any(7, 5), Vector(1, 0), Vector(7, 5), Vector(0, 1), Vector(3, 2));
        yield return Sample("negative steps", Any(7, 5), Vector(-2, 4), Vector(0, -100), Vector(0, 1), Vector(-2, -1));
        yield return Sample("negative axes and bounds", Any(3, 5), Vector(-4), Vector(-1), Vector(-1));
        yield return Sample("bounds beyond the size", Any(3, 5), Vector(-100), Vector(100), Vector(1));
        yield return Sample("axes by default", Any(3, 5), Vector(1, 2), Vector(3, 5));
        yield return Sample("a step greater than the rest", Any(3, 5), Vector(3), Vector(5), Vector(1), Vector(7));
        yield return Sample(
            "a greatest and a smallest bound",
            Any(3, 5),
            Vector(long.MaxValue),
            Vector(long.MinValue),
            Vector(1),
            Vector(-2)
        );
        yield return Sample(
            "all of one axis, a part of another",
            Any(4, 3),
            Vector(0, 1),
            Vector(long.MaxValue, 2),
            Vector(0, 1),
            Vector(1, 1)
        );
        yield return Sample("one element", Any(4, 3), Vector(2), Vector(3), Vector(0));
    }
}
