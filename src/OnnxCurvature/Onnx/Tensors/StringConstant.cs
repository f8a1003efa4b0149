using Google.Protobuf.Collections;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>A constant of texts. Nothing computes with it here; it is only passed on.</summary>
internal sealed class StringConstant(TensorType type, TensorProto stored) : Constant
{
    /// <summary>The texts, as UTF-8.</summary>
    public RepeatedField<Google.Protobuf.ByteString> Texts => stored.StringData;

    /// <inheritdoc/>
    public override TensorType Type { get; } = type;

    /// <inheritdoc/>
    public override Tensor Read() => throw new UnsupportedOperatorException("texts cannot be computed with.");
}
