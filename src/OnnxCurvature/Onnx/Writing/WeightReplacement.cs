using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>Copies of model files that differ in the elements of some weights and in nothing else.</summary>
internal static class WeightReplacement
{
    /// <summary>
    /// Writes a copy of a model with other elements of some initializers, or constants of the outermost graph, by name. They keep their
    /// types and shapes. Throws <see cref="UserErrorException"/> where the copy cannot be written, or would lose the files of other
    /// weights.
    /// </summary>
    /// <param name="model">The file to copy.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="weights">The elements, row-major.</param>
    public static void Write(string model, string path, IReadOnlyDictionary<string, double[]> weights)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(weights);
        // Reads the structure first, so that a file that is none is refused in a sentence.
        _ = ModelReader.Read(model);
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(model));
        var tensors = Tensors(proto.Graph);
        foreach (var (name, elements) in weights)
            Replace(
                tensors.GetValueOrDefault(name)
                    ?? throw new UserErrorException($"'{name}' is no initializer and no constant of '{model}' that could be replaced."),
                elements
            );
        if (tensors.Values.Any(IsExternal) && FolderOf(path) != FolderOf(model))
            throw new UserErrorException(
                $"'{model}' keeps other weights in files beside it, which '{path}' would not find; write it into the folder of the model."
            );
        AtomicFile.Write(path, stream => proto.WriteTo(stream));
    }

    private static Dictionary<string, TensorProto> Tensors(GraphProto graph)
    {
        var tensors = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => node is { OpType: "Constant", Output.Count: 1 }))
            if (node.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T is { } value)
                tensors.TryAdd(node.Output[0], value);
        return tensors;
    }

    private static void Replace(TensorProto tensor, double[] elements)
    {
        var values = Tensor.Of((ElementType)tensor.DataType, [.. tensor.Dims], elements);
        tensor.ExternalData.Clear();
        tensor.DataLocation = TensorProto.Types.DataLocation.Default;
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(TensorEncoder.Encode(values));
    }

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
