using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Ir;
using Tensor = OnnxCurvature.Ir.Tensor;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Decodes the raw bytes of a tensor (little-endian, row-major), block by block.</summary>
internal sealed class TensorDecoder
{
    private readonly ElementType _element;
    private readonly double[] _floats = [];
    private readonly long[] _integers = [];

    /// <summary>Prepares for a tensor of a type whose elements have a fixed size.</summary>
    public TensorDecoder(TensorType type)
    {
        _element = type.Element;
        var sizes = type.Shape.Sizes;
        var count = checked((int)type.Shape.Elements.Factor);
        if (_element.HoldsFloats())
            Tensor = Tensor.Of(_element, sizes, _floats = new double[count]);
        else
            Tensor = Tensor.Of(_element, sizes, _integers = new long[count]);
    }

    /// <summary>The tensor, filled by <see cref="Decode"/>.</summary>
    public Tensor Tensor { get; }

    /// <summary>Decodes bytes that begin at a position that is a multiple of the element size.</summary>
    public void Decode(ReadOnlySpan<byte> bytes, long position)
    {
        var start = (int)(position * 8 / _element.Bits());
        switch (_element)
        {
            case ElementType.Float32:
                Floats<float>(bytes, start);
                break;
            case ElementType.Float64:
                Floats<double>(bytes, start);
                break;
            case ElementType.Float16:
                Floats<Half>(bytes, start);
                break;
            case ElementType.BFloat16:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var index = 0; index < halves.Length; index++)
                    _floats[start + index] = BrainFloat.Decode(halves[index]);
                break;
            case ElementType.UInt8 or ElementType.Bool:
                Integers<byte>(bytes, start);
                break;
            case ElementType.Int8:
                Integers<sbyte>(bytes, start);
                break;
            case ElementType.UInt16:
                Integers<ushort>(bytes, start);
                break;
            case ElementType.Int16:
                Integers<short>(bytes, start);
                break;
            case ElementType.Int32:
                Integers<int>(bytes, start);
                break;
            case ElementType.UInt32:
                Integers<uint>(bytes, start);
                break;
            case ElementType.Int64 or ElementType.UInt64:
                MemoryMarshal.Cast<byte, long>(bytes).CopyTo(_integers.AsSpan(start));
                break;
            case >= ElementType.Float8E4M3FN and <= ElementType.Int2:
                Codes(bytes, start);
                break;
            default:
                throw new ArgumentException($"Elements of type {_element.DisplayName()} have no fixed size.");
        }
    }

    /// <summary>Codes of eight bits or less, the first one in the lowest bits of a byte.</summary>
    private void Codes(ReadOnlySpan<byte> bytes, int start)
    {
        var bits = _element.Bits();
        var (each, mask) = (8 / bits, (1 << bits) - 1);
        for (var index = 0; index < Math.Min(bytes.Length * each, Tensor.Count - start); index++)
        {
            var code = bytes[index / each] >> index % each * bits & mask;
            if (_element.IsNarrowFloat())
                _floats[start + index] = NarrowFloats.Decode(_element, code);
            else
                _integers[start + index] = _element is ElementType.Int4 or ElementType.Int2
                    ? (code ^ 1 << bits - 1) - (1 << bits - 1)
                    : code;
        }
    }

    private void Floats<T>(ReadOnlySpan<byte> bytes, int start)
        where T : unmanaged, System.Numerics.INumberBase<T> =>
        TensorPrimitives.ConvertTruncating<T, double>(MemoryMarshal.Cast<byte, T>(bytes), _floats.AsSpan(start));

    private void Integers<T>(ReadOnlySpan<byte> bytes, int start)
        where T : unmanaged, System.Numerics.INumberBase<T> =>
        TensorPrimitives.ConvertTruncating<T, long>(MemoryMarshal.Cast<byte, T>(bytes), _integers.AsSpan(start));
}
