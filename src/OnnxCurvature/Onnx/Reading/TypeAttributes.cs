using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Attributes that name element types, explicitly or by being left out.</summary>
internal static class TypeAttributes
{
    /// <summary>The attributes of a node with the types that are computed with.</summary>
    public static Attributes Widen(Attributes attributes, Operator? op, int outputs, Widening widening)
    {
        var precision = new ReadPrecision(element => widening.Of(new TensorType(element, TensorShape.Scalar)).Element, widening.Recover);
        attributes = op?.WithDefaults(attributes, outputs, precision) ?? attributes;
        foreach (var name in (ReadOnlySpan<string>)["to", "dtype", "output_datatype", "stash_type"])
            if (attributes.Has(name) && (name != "stash_type" || outputs > 1))
                attributes = attributes.With(name, (long)precision.Element(Named(name, attributes.Int(name, 0))));
        return attributes;
    }

    private static ElementType Named(string attribute, long number) =>
        number is > 0 and < int.MaxValue && TypeReader.Element((int)number) is { } element
            ? element
            : throw new UnsupportedOperatorException(
                $"its attribute '{attribute}' names the element type {number}, which is not supported."
            );
}
