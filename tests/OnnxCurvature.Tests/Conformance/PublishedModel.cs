using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Tests.Onnx;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>One of the models that ONNX publishes for the test of backends, with its data.</summary>
/// <param name="name">The group and the name, for instance <c>node/test_relu</c>.</param>
public sealed class PublishedModel(string name)
{
    private const string Package = "/usr/share/libonnx-testdata/data";

    /// <summary>The reason for skipping a test where the models are not there.</summary>
    public const string Absent = "Debian's package libonnx-testdata is not installed.";

    /// <summary>Where Debian's package puts the models; another folder of the same layout can be named by ONNX_TESTDATA.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("ONNX_TESTDATA") is { Length: > 0 } folder ? folder : Package;

    /// <summary>
    /// Whether the models are those of Debian's package, for which the exceptions are made; of those of other versions some may hold.
    /// </summary>
    public static bool IsPackage => Folder == Package;

    /// <summary>Whether the models are there.</summary>
    public static bool Installed => Directory.Exists(Folder);

    /// <summary>All models, in ordinal order.</summary>
    public static IReadOnlyList<string> All { get; } =
        !Installed
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(Folder, "model.onnx", SearchOption.AllDirectories)
                    .Select(path => System.IO.Path.GetRelativePath(Folder, System.IO.Path.GetDirectoryName(path)!).Replace('\\', '/'))
                    .Order(StringComparer.Ordinal),
            ];

    /// <summary>The group and the name.</summary>
    public string Name => name;

    /// <summary>The model.</summary>
    public string Path { get; } = System.IO.Path.Combine(Folder, name, "model.onnx");

    /// <summary>The given inputs or the published outputs, in order.</summary>
    internal IReadOnlyList<Tensor> Data(string kind)
    {
        var tensors = new List<Tensor>();
        while (System.IO.Path.Combine(Folder, name, "test_data_set_0", $"{kind}_{tensors.Count}.pb") is var path && File.Exists(path))
            tensors.Add(new TensorReader(path, null).Read(TensorProto.Parser.ParseFrom(File.ReadAllBytes(path))).Read());
        return tensors;
    }

    /// <summary>The given inputs by name; those that are initializers, too, are given only in other files.</summary>
    internal IReadOnlyDictionary<string, Tensor> Inputs()
    {
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path)).Graph;
        if (graph.Input.FirstOrDefault(input => input.Type.ValueCase != TypeProto.ValueOneofCase.TensorType) is { } other)
            throw new UserErrorException($"The input '{other.Name}' is no tensor.");
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        return graph
            .Input.Where(input => !initializers.Contains(input.Name))
            .Zip(Data("input"))
            .ToDictionary(
                pair => pair.First.Name,
                pair =>
                    pair.First.Type.TensorType.ElemType == (int)ElementType.BFloat16 && pair.Second.Element == ElementType.UInt16
                        ? OfBits(pair.Second)
                        : pair.Second,
                StringComparer.Ordinal
            );
    }

    /// <summary>A bfloat16 tensor of the bits that a file holds as unsigned integers.</summary>
    internal static Tensor OfBits(Tensor bits) =>
        Tensor.Of(
            ElementType.BFloat16,
            bits.Shape.AsSpan(),
            Array.ConvertAll(bits.Integers, integer => (double)BitConverter.UInt32BitsToSingle((uint)integer << 16))
        );

    /// <summary>The operators of the file's nodes, those in bodies as well, with the opset of their domain.</summary>
    internal IReadOnlyList<(string Domain, string Name, int Opset)> Operators()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path));
        var opsets = FunctionLibrary.OpsetsOf(model.OpsetImport);
        return [.. Nodes(model.Graph).Select(node => (node.Domain, node.OpType, opsets.GetValueOrDefault(node.Domain))).Distinct()];
    }

    private static IEnumerable<NodeProto> Nodes(GraphProto graph) =>
        graph.Node.SelectMany(node =>
            node.Attribute.Where(attribute => attribute.G is not null).SelectMany(attribute => Nodes(attribute.G)).Prepend(node)
        );
}
