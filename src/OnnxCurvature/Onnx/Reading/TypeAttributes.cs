using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Attributes that name element types, explicitly or by being left out.</summary>
internal static class TypeAttributes
{
    /// <summary>The attributes of a node with the types that are computed with.</summary>
    public static Attributes Widen(Attributes attributes, string op, int outputs, Func<ElementType, ElementType> widen)
    {
        if (op == "ConstantOfShape" && !attributes.Has("value"))
            return attributes.With("value", Tensor.Filled(widen(ElementType.Float32), [1], 0));
        if (op is ("BlackmanWindow" or "HammingWindow" or "HannWindow" or "MelWeightMatrix") && !attributes.Has("output_datatype"))
            attributes = attributes.With("output_datatype", (long)ElementType.Float32);
        if (op is ("RandomNormal" or "RandomUniform") && !attributes.Has("dtype"))
            attributes = attributes.With("dtype", (long)ElementType.Float32);
        // The type of statistics matters where they are given out.
        if (op == "LayerNormalization" && outputs > 1 && !attributes.Has("stash_type"))
            attributes = attributes.With("stash_type", (long)ElementType.Float32);
        foreach (var name in (ReadOnlySpan<string>)["to", "dtype", "output_datatype", "stash_type"])
            if (attributes.Has(name) && (name != "stash_type" || outputs > 1))
                attributes = attributes.With(name, (long)widen(Named(name, attributes.Int(name, 0))));
        return attributes;
    }

    private static ElementType Named(string attribute, long number) =>
        number is > 0 and < int.MaxValue && TypeReader.Element((int)number) is { } element
            ? element
            : throw new UnsupportedOperatorException(
                $"its attribute '{attribute}' names the element type {number}, which is not supported."
            );
}
