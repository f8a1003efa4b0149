using System.Runtime.CompilerServices;
using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Wire;

/// <summary>Where a file holds the elements of a tensor, in its byte order and without gaps.</summary>
internal readonly record struct RawRange(long Offset, long Length);

/// <summary>
/// Reads the structure of a model file and leaves the elements of large tensors where they are: the messages from the model
/// down to its tensors are taken apart here, and all else is merged piece by piece into the generated classes.
/// </summary>
internal sealed class ModelReader
{
    /// <summary>Tensors of more bytes stay in the file.</summary>
    public const int LargestInline = 1024;

    /// <summary>Bodies of loops and branches may be nested this deep.</summary>
    public const int DeepestNesting = 64;

    private readonly Dictionary<TensorProto, RawRange> _ranges = new(ByReference.Instance);

    private readonly WorkBudget _budget;

    private ModelReader(WeightFile file, WorkLimits limits)
    {
        File = file;
        _budget = new WorkBudget(limits);
    }

    /// <summary>The file.</summary>
    public WeightFile File { get; }

    /// <summary>The model without the elements of large tensors.</summary>
    public ModelProto Model { get; } = new();

    /// <summary>The files of external weights that have been referred to.</summary>
    public SortedSet<string> ExternalFiles { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the file holds the elements of a tensor, or null where the message holds them or they are in another file.</summary>
    public RawRange? RangeOf(TensorProto tensor) => _ranges.TryGetValue(tensor, out var range) ? range : null;

    /// <summary>
    /// Reads a model's structure. Throws <see cref="UserErrorException"/> where the file is none, and <see cref="WorkLimitException"/>
    /// where it holds more nodes and initializers than the limits allow; by default there are no limits.
    /// </summary>
    public static ModelReader Read(string path, WorkLimits? limits = null)
    {
        if (Directory.Exists(path))
            throw new UserErrorException(
                System.IO.File.Exists(System.IO.Path.Combine(path, "saved_model.pb"))
                    ? ForeignFormat.Refusal(path, "a SavedModel of TensorFlow")
                    : $"'{path}' is a folder; give the .onnx file in it."
            );
        if (!System.IO.File.Exists(path))
            throw new UserErrorException($"There is no file '{path}'.");
        var file = WeightFile.Of(path);
        if (file.Length == 0)
            throw new UserErrorException($"'{path}' is empty.");
        if (ForeignFormat.Of(path) is { } format)
            throw new UserErrorException(ForeignFormat.Refusal(path, format));
        if (file.Length > int.MaxValue)
            throw new UserErrorException(
                $"'{path}' is larger than 2 GiB, which no ONNX file can be; its weights belong into a file of external data."
            );
        var reader = new ModelReader(file, limits ?? WorkLimits.None);
        try
        {
            file.ReadWhole((bytes, _) => reader.ReadModel(bytes));
        }
        catch (Exception exception) when (exception is FormatException or InvalidProtocolBufferException)
        {
            throw new UserErrorException($"'{path}' is no ONNX model or is cut off: {exception.Message.TrimEnd('.')}.");
        }
        if (reader.Model.Graph is null)
            throw new UserErrorException($"'{path}' is no ONNX model: it holds no graph.");
        return reader;
    }

    private void ReadModel(ReadOnlySpan<byte> bytes)
    {
        var fields = new WireReader(bytes);
        while (fields.Next(out var field))
            if (field is { Number: ModelProto.GraphFieldNumber, IsLengthDelimited: true })
                ReadGraph(Model.Graph ??= new GraphProto(), bytes[field.Start..field.End], field.Start, 0);
            else
                Model.MergeFrom(bytes[field.Begin..field.End]);
    }

    private void ReadGraph(GraphProto graph, ReadOnlySpan<byte> bytes, long offset, int depth)
    {
        if (depth > DeepestNesting)
            throw new FormatException($"bodies are nested more than {DeepestNesting} deep");
        var fields = new WireReader(bytes);
        while (fields.Next(out var field))
        {
            var contents = bytes[field.Start..field.End];
            if (field is { Number: GraphProto.InitializerFieldNumber, IsLengthDelimited: true })
            {
                _budget.TakeNodes(1);
                graph.Initializer.Add(ReadTensor(new TensorProto(), contents, offset + field.Start));
            }
            else if (field is { Number: GraphProto.NodeFieldNumber, IsLengthDelimited: true })
            {
                _budget.TakeNodes(1);
                graph.Node.Add(ReadNode(new NodeProto(), contents, offset + field.Start, depth));
            }
            else
                graph.MergeFrom(bytes[field.Begin..field.End]);
        }
    }

    private NodeProto ReadNode(NodeProto node, ReadOnlySpan<byte> bytes, long offset, int depth)
    {
        var fields = new WireReader(bytes);
        while (fields.Next(out var field))
            if (field is { Number: NodeProto.AttributeFieldNumber, IsLengthDelimited: true })
                node.Attribute.Add(ReadAttribute(new AttributeProto(), bytes[field.Start..field.End], offset + field.Start, depth));
            else
                node.MergeFrom(bytes[field.Begin..field.End]);
        return node;
    }

    private AttributeProto ReadAttribute(AttributeProto attribute, ReadOnlySpan<byte> bytes, long offset, int depth)
    {
        var fields = new WireReader(bytes);
        while (fields.Next(out var field))
            if (field is { Number: AttributeProto.TFieldNumber, IsLengthDelimited: true })
                ReadTensor(attribute.T ??= new TensorProto(), bytes[field.Start..field.End], offset + field.Start);
            else if (field is { Number: AttributeProto.GFieldNumber, IsLengthDelimited: true })
                ReadGraph(attribute.G ??= new GraphProto(), bytes[field.Start..field.End], offset + field.Start, depth + 1);
            else
                attribute.MergeFrom(bytes[field.Begin..field.End]);
        return attribute;
    }

    /// <summary>Packed lists of floats lie in the file as raw data does, so they can stay there as well.</summary>
    private TensorProto ReadTensor(TensorProto tensor, ReadOnlySpan<byte> bytes, long offset)
    {
        var fields = new WireReader(bytes);
        while (fields.Next(out var field))
            if (
                field is
                {
                    Number: TensorProto.RawDataFieldNumber or TensorProto.FloatDataFieldNumber or TensorProto.DoubleDataFieldNumber,
                    IsLengthDelimited: true,
                    Length: > LargestInline
                }
            )
            {
                if (!_ranges.TryAdd(tensor, new RawRange(offset + field.Start, field.Length)))
                    throw new FormatException("the elements of a tensor lie in several pieces");
            }
            else
                tensor.MergeFrom(bytes[field.Begin..field.End]);
        return tensor;
    }

    /// <summary>Generated messages are equal when their contents are; here each is itself.</summary>
    private sealed class ByReference : IEqualityComparer<TensorProto>
    {
        public static ByReference Instance { get; } = new();

        public bool Equals(TensorProto? x, TensorProto? y) => ReferenceEquals(x, y);

        public int GetHashCode(TensorProto tensor) => RuntimeHelpers.GetHashCode(tensor);
    }
}
