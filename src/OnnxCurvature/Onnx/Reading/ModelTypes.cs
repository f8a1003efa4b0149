using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// The types of the values of a model that the catalogue cannot infer: of an oracle, which is asked once and only when it must
/// be, else as the file declares them.
/// </summary>
internal sealed class ModelTypes(ModelReader file, LoadOptions options, IReadOnlyList<(string Name, TensorType Type)> inputs)
{
    private IReadOnlyDictionary<string, TensorType>? _types;

    /// <summary>Why the oracle refused the model, or null where it was not asked or did not.</summary>
    public string? Refusal => options.Oracle?.Refusal;

    /// <summary>The type of a value, or null where it is not known.</summary>
    /// <param name="name">The value.</param>
    /// <param name="declared">Whether the file's word is taken: for operators that nobody knows it is all there is.</param>
    public TensorType? Of(string name, bool declared)
    {
        if (options.Oracle is { } oracle)
        {
            _types ??= oracle.TypesOf(Slim().ToByteArray());
            if (_types.TryGetValue(name, out var type))
                return type;
        }
        if (!declared)
            return null;
        var graph = file.Model.Graph;
        return graph.ValueInfo.Concat(graph.Output).FirstOrDefault(value => value.Name == name) is { } info
            ? TypeReader.Read(info.Type, axis => $"{name}_{axis}", options.Dims, out _)
            : null;
    }

    /// <summary>
    /// A copy without the elements of large tensors: they have become inputs of the same type, and all values of the outermost
    /// graph are outputs, so that a runtime reports their types.
    /// </summary>
    private ModelProto Slim()
    {
        var model = new ModelProto(file.Model) { Graph = new GraphProto(file.Model.Graph) };
        // A newer opset is refused altogether, and of most nodes it says the same.
        foreach (var import in model.OpsetImport)
            if (import.Domain is "" or "ai.onnx")
                import.Version = Math.Min(import.Version, OpsetRange.Newest);
        var graph = model.Graph;
        var tensors = new TensorReader(file);
        var given = inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        graph.Input.Clear();
        graph.Input.AddRange(inputs.Select(input => TypeWriter.Info(input.Name, input.Type)));
        graph.Initializer.Clear();
        foreach (var tensor in file.Model.Graph.Initializer)
            if (file.RangeOf(tensor) is not null || tensor.DataLocation == TensorProto.Types.DataLocation.External)
                graph.Input.Add(TypeWriter.Info(tensor.Name, tensors.TypeOf(tensor)));
            else
                graph.Initializer.Add(tensor);
        foreach (var (name, tensor) in options.Fixed)
        {
            var element = (ElementType)file.Model.Graph.Input.First(input => input.Name == name).Type.TensorType.ElemType;
            var fitting = FixedValue.As(tensor, element)!;
            var initializer = TensorWriter.Header(name, fitting.Type);
            initializer.RawData = ByteString.CopyFrom(TensorEncoder.Encode(fitting));
            graph.Initializer.Add(initializer);
        }
        graph.ValueInfo.Clear();
        graph.Node.Clear();
        var declared = graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in file.Model.Graph.Node)
        {
            if (
                node.Attribute.FirstOrDefault(attribute => attribute.T is { } large && file.RangeOf(large) is not null) is { T: var tensor }
                && node is { OpType: "Constant", Output: [var constant] }
            )
            {
                graph.Input.Add(TypeWriter.Info(constant, tensors.TypeOf(tensor)));
                continue;
            }
            graph.Node.Add(node);
            foreach (var name in node.Output)
                if (name.Length > 0 && !given.Contains(name) && declared.Add(name))
                    graph.Output.Add(new ValueInfoProto { Name = name });
        }
        return model;
    }
}
