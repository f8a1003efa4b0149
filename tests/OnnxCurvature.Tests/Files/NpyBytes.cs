using System.Buffers.Binary;
using System.Text;

namespace OnnxCurvature.Tests.Files;

/// <summary>Composes .npy files by hand, so that the reader is not tested with the writer alone.</summary>
public static class NpyBytes
{
    /// <summary>A file of a format version with a dictionary and data.</summary>
    public static byte[] Of(byte version, string dictionary, params byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(dictionary + "\n");
        var length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. data];
    }

    /// <summary>A file of version 1.0.</summary>
    public static byte[] Of(string type, string shape, bool fortranOrder, params byte[] data) =>
        Of(1, $"{{'descr': '{type}', 'fortran_order': {(fortranOrder ? "True" : "False")}, 'shape': {shape}, }}", data);
}
