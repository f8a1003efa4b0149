using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Building;

/// <summary>Recognizes scalar constants, so that builders of products and sums can leave out what changes nothing.</summary>
public static class Scalars
{
    /// <summary>Whether a value is a scalar constant held in memory that equals a number.</summary>
    public static bool Is(Value value, double number) =>
        value.Constant is InlineConstant constant && value.Type.Rank == 0 && value.Type.Element.IsFloat() && constant.Read().Floats[0] == number;

    /// <summary>The number of a constant that is held in memory and has one element, of any rank and type; else null.</summary>
    public static double? Constant(Value value) =>
        value.Constant is InlineConstant constant && value.Type.Shape.Elements.IsOne ? constant.Read().At(0) : null;
}
