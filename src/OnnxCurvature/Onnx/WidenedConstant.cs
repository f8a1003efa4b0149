using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx;

/// <summary>A constant of 16-bit floats that is computed with in float32.</summary>
public sealed class WidenedConstant(Constant stored) : Constant
{
    /// <inheritdoc/>
    public override TensorType Type { get; } = stored.Type with { Element = ElementType.Float32 };

    /// <inheritdoc/>
    public override Tensor Read() => stored.Read().CastTo(ElementType.Float32);
}
