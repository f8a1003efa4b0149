using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>The types in which the values of a file are computed, and what is computed in a wider one than the file's.</summary>
/// <param name="precision">The precision that is asked for.</param>
/// <param name="targets">
/// Names, or patterns of names, of values that derivatives are taken by; no pattern takes a number of a formula.
/// </param>
internal sealed class Widening(Precision precision, IReadOnlyList<string> targets)
{
    /// <summary>Whether some values are computed in a wider type than the file's.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Numbers that are taken for those that they were rounded from to float32.</summary>
    public SortedDictionary<float, double> Recovered { get; } = [];

    /// <summary>
    /// A constant as it is computed with. A scalar that a node Constant holds is a number of a formula, and may be a decimal that was
    /// rounded. An initializer of one element may be a weight, so it is what the file says unless it is a number such as √2; a target is
    /// what the file says.
    /// </summary>
    public Constant Of(Constant constant, string name, bool isInitializer)
    {
        var type = Of(constant.Type);
        return type == constant.Type ? constant
            : IsNumber(constant) && !targets.Contains(name)
                ? new InlineConstant(Tensor.Of(type.Element, type.Shape.Sizes, [Recover(constant, isInitializer)]))
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
    public double Recover(float number) => Recover(number, RoundedNumber.Recover);

    private static bool IsNumber(Constant constant) =>
        constant is InlineConstant && constant.Type.Element == ElementType.Float32 && constant.Type.Shape.Elements == 1;

    private double Recover(Constant constant, bool isInitializer) =>
        Recover(
            (float)constant.Read().Floats[0],
            constant.Type.Rank == 0 && !isInitializer ? RoundedNumber.Recover : RoundedNumber.RecoverByFormula
        );

    private double Recover(float number, Func<float, double> recover)
    {
        if (precision != Precision.Float64)
            return number;
        var recovered = recover(number);
        if (recovered != number)
            Recovered[number] = recovered;
        return recovered;
    }
}
