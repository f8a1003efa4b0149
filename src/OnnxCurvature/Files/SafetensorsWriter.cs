using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// Writes a .safetensors file, by the format's description in the repository huggingface/safetensors: the length of a JSON object in
/// eight bytes, the object with type, shape and place of each tensor, and the elements one tensor after the other.
/// </summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes tensors and a text that says what they are.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="tensors">The tensors: float32 or float64.</param>
    /// <param name="metadata">Texts by name.</param>
    public static void Write(
        Stream stream,
        IReadOnlyList<(string Name, ElementType Element, IReadOnlyList<long> Shape, RealArray Values)> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        var header = Header(tensors, metadata);
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, element, _, values) in tensors)
            NpyWriter.WriteElements(stream, element, values);
    }

    private static byte[] Header(
        IReadOnlyList<(string Name, ElementType Element, IReadOnlyList<long> Shape, RealArray Values)> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (name, text) in metadata)
                json.WriteString(name, text);
            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, element, shape, values) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", element == ElementType.Float64 ? "F64" : "F32");
                WriteNumbers(json, "shape", shape);
                var end = offset + (long)values.Length * element.Size();
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }
            json.WriteEndObject();
        }
        // Blanks behind the object let the elements begin at a multiple of their size.
        while (buffer.WrittenCount % Alignment != 0)
            buffer.Write([(byte)' ']);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
