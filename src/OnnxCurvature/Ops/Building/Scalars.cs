using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Building;

/// <summary>Recognizes scalar constants, so that builders of products and sums can leave out what changes nothing.</summary>
internal static class Scalars
{
    /// <summary>Whether a value is a scalar constant held in memory, and no weight, that equals a number.</summary>
    public static bool Is(Value value, double number) =>
        !value.IsWeight
        && value.Constant is InlineConstant constant
        && value.Type.Rank == 0
        && value.Type.Element.IsFloat()
        && constant.Read().Floats[0] == number;

    /// <summary>
    /// The number that a value of one element has, of any rank and type, where constants alone determine it; else null. It decides what is
    /// compiled.
    /// </summary>
    public static double? Constant(Value value) => value.Type.Shape.Elements.IsOne ? KnownTensor.Of(value)?.At(0) : null;
}
