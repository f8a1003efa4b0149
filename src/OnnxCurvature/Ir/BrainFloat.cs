namespace OnnxCurvature.Ir;

/// <summary>The codes of bfloat16: the upper half of a float32.</summary>
internal static class BrainFloat
{
    /// <summary>The number that a code stands for.</summary>
    public static float Decode(ushort code) => BitConverter.UInt32BitsToSingle((uint)code << 16);

    /// <summary>The code of the nearest number, of two that are as near the one whose last bit is zero; not-a-number stays so.</summary>
    public static ushort Encode(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)(bits >> 16 | 0x40) : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }
}
