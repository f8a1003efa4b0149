using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Bits;

/// <summary>
/// The bits of x taken for numbers of another type, <c>to</c>, of as many bits; without a derivative. Whole bytes only, as in ONNX Runtime.
/// </summary>
internal sealed class BitCast : NonDifferentiable
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, to) = (call.Required(0).Type, (ElementType)call.Attributes.Int("to", 0));
        if (Width(x.Element) is not { } width || Width(to) != width)
            throw new UnsupportedOperatorException(
                $"BitCast takes {x.Element.DisplayName()}, in which its input is computed, for {to.DisplayName()}, and only types of as "
                    + $"many whole bytes are supported."
            );
        return [x with { Element = to }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, to) = (inputs[0]!, node.Output.Type.Element);
        var bits = x.Element switch
        {
            ElementType.Float32 => Array.ConvertAll(x.Floats, number => (long)BitConverter.SingleToInt32Bits((float)number)),
            ElementType.Float64 => Array.ConvertAll(x.Floats, BitConverter.DoubleToInt64Bits),
            _ => x.Integers,
        };
        return
        [
            to switch
            {
                ElementType.Float32 => Tensor.Of(
                    to,
                    x.Shape.AsSpan(),
                    Array.ConvertAll(bits, number => (double)BitConverter.Int32BitsToSingle((int)number))
                ),
                ElementType.Float64 => Tensor.Of(to, x.Shape.AsSpan(), Array.ConvertAll(bits, BitConverter.Int64BitsToDouble)),
                _ => Tensor.Of(to, x.Shape.AsSpan(), Array.ConvertAll(bits, number => Integers.Wrap(to, number))),
            },
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs, node.Attributes).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => inputs;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 26;

    /// <summary>Bytes of an element; null for types that are not computed with bit by bit.</summary>
    private static int? Width(ElementType type) =>
        type switch
        {
            ElementType.Float32
            or ElementType.Float64
            or ElementType.Bool
            or ElementType.Int8
            or ElementType.UInt8
            or ElementType.Int16
            or ElementType.UInt16
            or ElementType.Int32
            or ElementType.UInt32
            or ElementType.Int64
            or ElementType.UInt64 => type.Size(),
            _ => null,
        };
}
