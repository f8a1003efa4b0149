using System.Text;

namespace OnnxCurvature.Onnx.Wire;

/// <summary>Knows models of other programs by the first bytes of their files, and by their names where the bytes leave it open.</summary>
internal static class ForeignFormat
{
    private const int Head = 16;

    private static readonly Dictionary<string, string> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        [".pt"] = "a file of PyTorch",
        [".pth"] = "a file of PyTorch",
        [".ckpt"] = "a checkpoint of weights",
        [".h5"] = "a file of Keras (HDF5)",
        [".hdf5"] = "a file of Keras (HDF5)",
        [".keras"] = "a file of Keras",
        [".tflite"] = "a model of TensorFlow Lite",
        [".safetensors"] = "a file of weights (safetensors)",
        [".gguf"] = "a file of weights (GGUF)",
        [".pkl"] = "a pickle of Python",
        [".joblib"] = "a pickle of Python",
        [".mlmodel"] = "a model of Core ML",
        [".ort"] = "a model in ONNX Runtime's own format",
    };

    /// <summary>The format of a file that holds no ONNX model, or null where it may hold one.</summary>
    public static string? Of(string path)
    {
        if (ByName.GetValueOrDefault(Path.GetExtension(path)) is { } named)
            return named;
        var head = new byte[Head];
        using (var stream = File.OpenRead(path))
            stream.ReadAtLeast(head, Head, throwOnEndOfStream: false);
        if (Begins(head, 0, "PK\x03\x04"))
            return "an archive, as PyTorch and Keras write";
        if (Begins(head, 1, "HDF\r\n"))
            return "a file of Keras (HDF5)";
        if (Begins(head, 4, "TFL3"))
            return "a model of TensorFlow Lite";
        if (Begins(head, 4, "ORTM"))
            return "a model in ONNX Runtime's own format";
        if (Begins(head, 0, "GGUF"))
            return "a file of weights (GGUF)";
        return null;
    }

    /// <summary>The sentence that refuses such a file.</summary>
    public static string Refusal(string path, string format) =>
        $"'{path}' is {format}, and no ONNX model; export it to ONNX first, for instance with torch.onnx.export or tf2onnx, as the page "
        + "'From PyTorch' of the documentation describes.";

    private static bool Begins(byte[] head, int at, string text) => head.AsSpan(at).StartsWith(Encoding.Latin1.GetBytes(text));
}
