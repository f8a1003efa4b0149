using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>The types in which the values of a file are computed, and what is computed in a wider one than the file's.</summary>
internal sealed class Widening(Precision precision)
{
    /// <summary>Whether some values are computed in a wider type than the file's.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Numbers that are taken for those that they were rounded from to float32.</summary>
    public SortedDictionary<float, double> Meanings { get; } = [];

    /// <summary>A constant as it is computed with.</summary>
    public Constant Of(Constant constant)
    {
        var type = Of(constant.Type);
        return type == constant.Type ? constant
            : constant is InlineConstant && constant.Type.Element == ElementType.Float32 && constant.Type.Shape.Elements == 1
                ? new InlineConstant(Tensor.Of(type.Element, type.Shape.Sizes, [Meant((float)constant.Read().Floats[0], constant.Type.Rank == 0 ? RoundedNumber.Meant : RoundedNumber.MeantByFormula)]))
            : constant is InlineConstant ? new InlineConstant(constant.Read().CastTo(type.Element))
            : new WidenedConstant(constant, type.Element);
    }

    /// <summary>A type as it is computed with.</summary>
    public TensorType Of(TensorType type)
    {
        var element = precision.Widen(type.Element);
        IsUsed |= element != type.Element;
        return type with { Element = element };
    }

    /// <summary>The number that stands in a file as <paramref name="number"/>, as it is computed with.</summary>
    public double Meant(float number) => Meant(number, RoundedNumber.Meant);

    private double Meant(float number, Func<float, double> meaning)
    {
        if (precision != Precision.Float64)
            return number;
        var meant = meaning(number);
        if (meant != number)
            Meanings[number] = meant;
        return meant;
    }
}
