using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.RandomGraphs.Generation;
using static System.FormattableString;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.RandomGraphs.Graphs;

/// <summary>Writes a graph as an ONNX file.</summary>
internal static class ModelFile
{
    private const int Float32 = 1;
    private const int Int8 = 3;
    private const int Int64 = 7;
    private const int Boolean = 9;
    private const int Float16 = 10;
    private const int Float64 = 11;

    public static byte[] Bytes(Graph graph) => ModelOf(graph).ToByteArray();

    /// <summary>Writes the model of a problem, with its weights in a file beside it where the problem has them there.</summary>
    public static void Write(Problem problem, string path)
    {
        if (problem.HasWeightsBeside)
            WriteBeside(problem.Graph, path);
        else
            File.WriteAllBytes(path, Bytes(problem.Graph));
    }

    private static void WriteBeside(Graph graph, string path)
    {
        var model = ModelOf(graph);
        var location = Path.GetFileName(path) + ".data";
        using var data = File.Create(Path.Combine(Path.GetDirectoryName(path)!, location));
        foreach (var tensor in model.Graph.Initializer.Where(tensor => tensor.DataType is Float32 or Float64 && !tensor.RawData.IsEmpty))
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = Invariant($"{data.Position}") });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = Invariant($"{tensor.RawData.Length}") });
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.RawData.WriteTo(data);
            tensor.ClearRawData();
        }
        File.WriteAllBytes(path, model.ToByteArray());
    }

    private static ModelProto ModelOf(Graph graph)
    {
        var proto = new GraphProto { Name = "graph" };
        foreach (var input in graph.Inputs)
            proto.Input.Add(
                Info(
                    input.Name,
                    TypeOf(input.Floats is null ? GraphElement.Integer : GraphElement.Model, graph.Bits),
                    [.. input.Shape.Select((size, axis) => axis == input.SampleAxis && input.IsSymbolic ? null : (int?)size)]
                )
            );
        proto.Output.Add(Info(graph.Output, TypeOf(GraphElement.Model, graph.Bits), null));
        proto.Initializer.AddRange(graph.Constants.Select(constant => Tensor(constant, TypeOf(constant.Element, graph.Bits))));
        proto.Node.AddRange(graph.Nodes.Select(node => Node(node, graph.Bits)));
        return new ModelProto
        {
            IrVersion = 8,
            Graph = proto,
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = graph.Opset },
            },
        };
    }

    private static int TypeOf(GraphElement element, int bits) =>
        element switch
        {
            GraphElement.Integer => Int64,
            GraphElement.Byte => Int8,
            GraphElement.Boolean => Boolean,
            GraphElement.Single => Float32,
            _ => bits switch
            {
                64 => Float64,
                16 => Float16,
                _ => Float32,
            },
        };

    private static NodeProto Node(GraphNode node, int bits)
    {
        var written = new NodeProto
        {
            OpType = node.Operator,
            Input = { node.Inputs },
            Output = { node.Outputs },
        };
        written.Attribute.AddRange(
            node.Attributes.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => entry.Value is GraphBody body ? Body(entry.Key, body, bits) : Attribute(entry.Key, entry.Value))
        );
        return written;
    }

    private static AttributeProto Body(string name, GraphBody body, int bits)
    {
        var graph = new GraphProto { Name = name };
        graph.Input.AddRange(body.Parameters.Select(value => InfoOf(value, bits)));
        graph.Output.AddRange(body.Outputs.Select(value => InfoOf(value, bits)));
        graph.Node.AddRange(body.Nodes.Select(node => Node(node, bits)));
        return new AttributeProto
        {
            Name = name,
            Type = Kind.Graph,
            G = graph,
        };
    }

    /// <summary>ONNX Runtime asks for the number of axes in the bodies of loops, and not for their sizes.</summary>
    private static ValueInfoProto InfoOf(GraphValue value, int bits)
    {
        var info = Info(value.Name, TypeOf(value.Element, bits), []);
        info.Type.TensorType.Shape.Dim.AddRange(Enumerable.Range(0, value.Rank).Select(_ => new TensorShapeProto.Types.Dimension()));
        return info;
    }

    private static ValueInfoProto Info(string name, int element, int?[]? shape)
    {
        var type = new TypeProto.Types.Tensor { ElemType = element };
        if (shape is not null)
        {
            type.Shape = new TensorShapeProto();
            type.Shape.Dim.AddRange(
                shape.Select(size =>
                    size is { } known
                        ? new TensorShapeProto.Types.Dimension { DimValue = known }
                        : new TensorShapeProto.Types.Dimension { DimParam = "N" }
                )
            );
        }
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = type },
        };
    }

    private static TensorProto Tensor(GraphConstant constant, int type)
    {
        var tensor = new TensorProto { Name = constant.Name, DataType = type };
        tensor.Dims.AddRange(constant.Shape.Select(size => (long)size));
        tensor.RawData = ByteString.CopyFrom(
            type switch
            {
                Int64 => MemoryMarshal.AsBytes<long>(constant.Integers),
                Int8 => MemoryMarshal.AsBytes<sbyte>(Array.ConvertAll(constant.Integers!, value => (sbyte)value)),
                Float64 => MemoryMarshal.AsBytes<double>(constant.Floats),
                Float16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(constant.Floats!, value => (Half)value)),
                _ => MemoryMarshal.AsBytes<float>(Array.ConvertAll(constant.Floats!, value => (float)value)),
            }
        );
        return tensor;
    }

    private static AttributeProto Attribute(string name, object value) =>
        value switch
        {
            long number => new AttributeProto
            {
                Name = name,
                Type = Kind.Int,
                I = number,
            },
            double number => new AttributeProto
            {
                Name = name,
                Type = Kind.Float,
                F = (float)number,
            },
            string text => new AttributeProto
            {
                Name = name,
                Type = Kind.String,
                S = ByteString.CopyFromUtf8(text),
            },
            long[] list => new AttributeProto
            {
                Name = name,
                Type = Kind.Ints,
                Ints = { list },
            },
            string[] list => new AttributeProto
            {
                Name = name,
                Type = Kind.Strings,
                Strings = { list.Select(ByteString.CopyFromUtf8) },
            },
            _ => throw new ArgumentException($"No attribute holds {value}."),
        };
}
