using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Values of inputs that a request fixes.</summary>
internal static class FixedValue
{
    /// <summary>
    /// The value in the type of its input: float64, in which programs give numbers, is converted where no number changes. Null where the
    /// value is of another type.
    /// </summary>
    public static Tensor? As(Tensor value, ElementType element)
    {
        if (value.Element == element)
            return value;
        if (value.Element != ElementType.Float64 || element == ElementType.String)
            return null;
        var converted = value.CastTo(element);
        return Enumerable.Range(0, value.Count).All(index => converted.At(index).Equals(value.At(index))) ? converted : null;
    }
}
