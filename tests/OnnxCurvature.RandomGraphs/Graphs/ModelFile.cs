using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxCurvature.Onnx.Proto;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.RandomGraphs.Graphs;

/// <summary>Writes a graph as an ONNX file.</summary>
internal static class ModelFile
{
    private const int Float32 = 1;
    private const int Int64 = 7;
    private const int Float64 = 11;

    public static byte[] Bytes(Graph graph)
    {
        var element = graph.IsDouble ? Float64 : Float32;
        var proto = new GraphProto { Name = "graph" };
        foreach (var input in graph.Inputs)
            proto.Input.Add(
                Info(
                    input.Name,
                    input.Floats is null ? Int64 : element,
                    [.. input.Shape.Select((size, axis) => axis == input.SampleAxis && input.IsSymbolic ? null : (int?)size)]
                )
            );
        proto.Output.Add(Info(graph.Output, element, null));
        proto.Initializer.AddRange(graph.Constants.Select(constant => Tensor(constant, graph.IsDouble && !constant.IsSingle)));
        foreach (var node in graph.Nodes)
        {
            var written = new NodeProto
            {
                OpType = node.Operator,
                Input = { node.Inputs },
                Output = { node.Outputs },
            };
            written.Attribute.AddRange(
                node.Attributes.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => Attribute(entry.Key, entry.Value))
            );
            proto.Node.Add(written);
        }
        var model = new ModelProto
        {
            IrVersion = 8,
            Graph = proto,
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = graph.Opset },
            },
        };
        return model.ToByteArray();
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

    private static TensorProto Tensor(GraphConstant constant, bool isDouble)
    {
        var tensor = new TensorProto
        {
            Name = constant.Name,
            DataType =
                constant.Integers is not null ? Int64
                : isDouble ? Float64
                : Float32,
        };
        tensor.Dims.AddRange(constant.Shape.Select(size => (long)size));
        tensor.RawData = ByteString.CopyFrom(
            constant.Integers is { } integers ? MemoryMarshal.AsBytes<long>(integers)
            : isDouble ? MemoryMarshal.AsBytes<double>(constant.Floats)
            : MemoryMarshal.AsBytes<float>(Array.ConvertAll(constant.Floats!, value => (float)value))
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
