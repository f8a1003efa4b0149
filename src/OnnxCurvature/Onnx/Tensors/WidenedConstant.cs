using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>A constant of floats that is computed with in a wider type. A file holds it as it is stored, and a node Cast.</summary>
/// <param name="stored">The constant as it is stored.</param>
/// <param name="element">The wider type.</param>
internal sealed class WidenedConstant(Constant stored, ElementType element) : Constant
{
    /// <summary>The constant as it is stored.</summary>
    public Constant Stored { get; } = stored;

    /// <inheritdoc/>
    public override TensorType Type { get; } = stored.Type with { Element = element };

    /// <inheritdoc/>
    public override Tensor Read() => Stored.Read().CastTo(Type.Element);

    /// <inheritdoc/>
    public override Tensor Part(long start, int count) => Stored.Part(start, count).CastTo(Type.Element);
}
