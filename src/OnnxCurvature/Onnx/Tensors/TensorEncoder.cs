using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Ir;
using Tensor = OnnxCurvature.Ir.Tensor;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Encodes tensors as raw bytes: little-endian, row-major, floats rounded to their type.</summary>
internal static class TensorEncoder
{
    /// <summary>The raw bytes.</summary>
    public static byte[] Encode(Tensor tensor)
    {
        var bytes = new byte[checked((int)tensor.Element.Bytes(tensor.Count))];
        switch (tensor.Element)
        {
            case ElementType.Float32:
                Write<double, float>(tensor.Floats, bytes);
                break;
            case ElementType.Float64:
                Write<double, double>(tensor.Floats, bytes);
                break;
            case ElementType.Float16:
                Write<double, Half>(tensor.Floats, bytes);
                break;
            case ElementType.BFloat16:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
                for (var index = 0; index < halves.Length; index++)
                    halves[index] = BrainFloat.Encode((float)tensor.Floats[index]);
                break;
            case ElementType.UInt8 or ElementType.Bool or ElementType.Int8:
                Write<long, byte>(tensor.Integers, bytes);
                break;
            case ElementType.UInt16 or ElementType.Int16:
                Write<long, ushort>(tensor.Integers, bytes);
                break;
            case ElementType.Int32 or ElementType.UInt32:
                Write<long, uint>(tensor.Integers, bytes);
                break;
            case ElementType.Int64 or ElementType.UInt64:
                Write<long, long>(tensor.Integers, bytes);
                break;
            case >= ElementType.Float8E4M3FN and <= ElementType.Int2:
                WriteCodes(tensor, bytes);
                break;
            default:
                throw new ArgumentException($"Elements of type {tensor.Element.DisplayName()} have no fixed size.");
        }
        return bytes;
    }

    private static void WriteCodes(Tensor tensor, Span<byte> bytes)
    {
        var bits = tensor.Element.Bits();
        var (each, mask) = (8 / bits, (1 << bits) - 1);
        for (var index = 0; index < tensor.Count; index++)
        {
            var code = tensor.Element.IsNarrowFloat()
                ? NarrowFloats.Encode(tensor.Element, tensor.Floats[index])
                : (int)tensor.Integers[index];
            bytes[index / each] |= (byte)((code & mask) << index % each * bits);
        }
    }

    private static void Write<TFrom, TTo>(ReadOnlySpan<TFrom> elements, Span<byte> bytes)
        where TFrom : System.Numerics.INumberBase<TFrom>
        where TTo : unmanaged, System.Numerics.INumberBase<TTo> =>
        TensorPrimitives.ConvertTruncating(elements, MemoryMarshal.Cast<byte, TTo>(bytes));
}
