using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>A constant whose elements are all the same. A file holds it as a node ConstantOfShape.</summary>
internal sealed class FilledConstant(TensorType type, double element) : Constant
{
    /// <summary>The element.</summary>
    public double Element { get; } = element;

    /// <inheritdoc/>
    public override TensorType Type { get; } = type;

    /// <inheritdoc/>
    public override Tensor Read() => Tensor.Filled(Type.Element, Type.Shape.Sizes, Element);

    /// <inheritdoc/>
    public override Tensor Part(long start, int count) => Tensor.Filled(Type.Element, [count], Element);
}
