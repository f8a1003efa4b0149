using Google.Protobuf;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Makes model files for tests.</summary>
internal static class ModelBytes
{
    /// <summary>A model of a graph.</summary>
    public static ModelProto Model(GraphProto graph, long opset = 17, int irVersion = 8) =>
        new()
        {
            IrVersion = irVersion,
            Graph = graph,
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = opset },
            },
        };

    /// <summary>A graph with one float input x of shape [N, 3] and one output y.</summary>
    public static GraphProto Graph(params NodeProto[] nodes) =>
        new()
        {
            Name = "graph",
            Input = { Info("x", 1, "N", 3) },
            Output = { Info("y", 1, "N", 3) },
            Node = { nodes },
        };

    /// <summary>A node.</summary>
    public static NodeProto Node(string op, string inputs, string outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Attribute = { attributes } };
        node.Input.AddRange(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        node.Output.AddRange(outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return node;
    }

    /// <summary>An attribute that is a body.</summary>
    public static AttributeProto Body(string name, GraphProto graph) =>
        new()
        {
            Name = name,
            Type = Kind.Graph,
            G = graph,
        };

    /// <summary>An attribute that is an integer.</summary>
    public static AttributeProto Int(string name, long value) =>
        new()
        {
            Name = name,
            Type = Kind.Int,
            I = value,
        };

    /// <summary>An attribute that is a text.</summary>
    public static AttributeProto Text(string name, string value) =>
        new()
        {
            Name = name,
            Type = Kind.String,
            S = ByteString.CopyFromUtf8(value),
        };

    /// <summary>An attribute that is a list of integers.</summary>
    public static AttributeProto Ints(string name, params long[] values) =>
        new()
        {
            Name = name,
            Type = Kind.Ints,
            Ints = { values },
        };

    /// <summary>An attribute that is a tensor.</summary>
    public static AttributeProto Tensor(string name, TensorProto value) =>
        new()
        {
            Name = name,
            Type = Kind.Tensor,
            T = value,
        };

    /// <summary>A name with an element type and dimensions: numbers or names.</summary>
    public static ValueInfoProto Info(string name, int element, params object[] dims)
    {
        var shape = new TensorShapeProto();
        foreach (var dim in dims)
            shape.Dim.Add(
                dim switch
                {
                    int size => new TensorShapeProto.Types.Dimension { DimValue = size },
                    "" => new TensorShapeProto.Types.Dimension(),
                    _ => new TensorShapeProto.Types.Dimension { DimParam = (string)dim },
                }
            );
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = element, Shape = shape },
            },
        };
    }

    /// <summary>A float tensor of raw data, with elements 0, 0.5, 1, ….</summary>
    public static TensorProto Floats(string name, params long[] dims)
    {
        var count = dims.Aggregate(1L, (a, b) => a * b);
        var bytes = Enumerable.Range(0, (int)count).SelectMany(index => BitConverter.GetBytes(index % 64 * 0.5f)).ToArray();
        return new TensorProto
        {
            Name = name,
            DataType = 1,
            Dims = { dims },
            RawData = ByteString.CopyFrom(bytes),
        };
    }

    /// <summary>A float tensor of raw data, with an element for each index.</summary>
    public static TensorProto Weight(string name, long[] dims, Func<int, double> element) =>
        new()
        {
            Name = name,
            DataType = 1,
            Dims = { dims },
            RawData = ByteString.CopyFrom([
                .. Enumerable
                    .Range(0, (int)dims.Aggregate(1L, (a, b) => a * b))
                    .SelectMany(index => BitConverter.GetBytes((float)element(index))),
            ]),
        };

    /// <summary>A float tensor whose elements lie elsewhere.</summary>
    public static TensorProto External(string name, string location, long elements, params (string Key, string Value)[] entries) =>
        new()
        {
            Name = name,
            DataType = 1,
            Dims = { elements },
            DataLocation = TensorProto.Types.DataLocation.External,
            ExternalData =
            {
                entries
                    .Prepend(("location", location))
                    .Select(entry => new StringStringEntryProto { Key = entry.Item1, Value = entry.Item2 }),
            },
        };

    /// <summary>A vector of integers.</summary>
    public static TensorProto Integers(string name, params long[] elements) =>
        new()
        {
            Name = name,
            DataType = 7,
            Dims = { elements.Length },
            Int64Data = { elements },
        };

    /// <summary>A scalar integer.</summary>
    public static TensorProto Integer(string name, long value) =>
        new()
        {
            Name = name,
            DataType = 7,
            Int64Data = { value },
        };

    /// <summary>A scalar float.</summary>
    public static TensorProto Number(string name, float value) =>
        new()
        {
            Name = name,
            DataType = 1,
            FloatData = { value },
        };

    /// <summary>A scalar boolean.</summary>
    public static TensorProto Truth(string name, bool value) =>
        new()
        {
            Name = name,
            DataType = 9,
            Int32Data = { value ? 1 : 0 },
        };

    /// <summary>Writes a model into a folder.</summary>
    public static string Save(this ModelProto model, TemporaryFolder folder, string name = "model.onnx")
    {
        File.WriteAllBytes(folder.File(name), model.ToByteArray());
        return folder.File(name);
    }
}
