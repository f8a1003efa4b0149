namespace OnnxCurvature.Ir;

/// <summary>In which floating-point type a model is computed.</summary>
public enum Precision
{
    /// <summary>In the model's own types; 16-bit floats in float32.</summary>
    Model,

    /// <summary>In float64: weights and inputs of other types are widened, which is exact.</summary>
    Float64,
}

/// <summary>The element types of precisions.</summary>
internal static class Precisions
{
    /// <summary>The type in which elements of a type are computed with.</summary>
    public static ElementType Widen(this Precision precision, ElementType element) =>
        element switch
        {
            _ when element.IsFloat() && precision == Precision.Float64 => ElementType.Float64,
            ElementType.Float16 or ElementType.BFloat16 => ElementType.Float32,
            _ => element,
        };
}
