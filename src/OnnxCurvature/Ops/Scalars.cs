using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>Recognizes scalar constants, so that builders of products and sums can leave out what changes nothing.</summary>
public static class Scalars
{
    /// <summary>Whether a value is a scalar constant held in memory that equals a number.</summary>
    public static bool Is(Value value, double number) =>
        value.Constant is InlineConstant constant && value.Type.Rank == 0 && value.Type.Element.IsFloat() && constant.Read().Floats[0] == number;
}
