namespace OnnxCurvature.Ir;

/// <summary>Element type and shape of a value.</summary>
/// <param name="Element">The element type.</param>
/// <param name="Shape">The dimensions, some of which may be symbolic; the rank is always known.</param>
internal sealed record TensorType(ElementType Element, TensorShape Shape)
{
    /// <summary>The number of dimensions.</summary>
    public int Rank => Shape.Rank;

    /// <inheritdoc/>
    public override string ToString() => Element.DisplayName() + Shape;
}
