namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Reshape.</summary>
internal sealed class ReshapeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("an inferred size", Any(2, 3, 4), Vector(2, -1));
        yield return Sample("a copied size", Any(2, 3, 4), Vector(0, 4, 3));
        yield return Sample("no elements", Fixed(Any(2, 0)), Vector(0, 2)).With("allowzero", 1);
        yield return Sample("to a scalar", Any(1, 1), Vector());
        yield return Sample("from a scalar", Any(), Vector(1, 1, 1));
        yield return Sample("the order of axes kept apart", Any(4, 3, 2), Vector(2, 2, 3, 2));
    }
}
