using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;

namespace OnnxCurvature.Tests.Checking;

/// <summary>A problem as a file, in float64 or narrowed to float32, with data for it.</summary>
internal sealed record ProblemFile(string Path, IReadOnlyDictionary<string, NpyArray> Data)
{
    private const int Float = 1;
    private const int Double = 11;

    /// <summary>Writes a problem into a folder.</summary>
    public static ProblemFile Write(Problem problem, TemporaryFolder folder, ElementType element)
    {
        var graph = problem.Graph();
        var bytes = OnnxWriter.Serialize(Ir.Program.Create(graph.Inputs, graph.Outputs), folder.Path);
        if (element == ElementType.Float32)
            bytes = Narrowed(ModelProto.Parser.ParseFrom(bytes)).ToByteArray();
        var target = LossBuilder.Build(graph, new LossRequest(problem.Loss), Reduction.Mean).Target;
        var data = problem
            .Data(target)
            .ToDictionary(
                entry => entry.Key.Name!,
                entry =>
                    entry.Value.Element == ElementType.Int64
                        ? NpyArray.Of(ElementType.Int64, [.. entry.Value.Shape], [.. entry.Value.Integers.Select(number => (double)number)])
                        : NpyArray.Of(element, [.. entry.Value.Shape], entry.Value.Floats)
            );
        return new ProblemFile(folder.Holding("problem.onnx", bytes), data);
    }

    private static ModelProto Narrowed(ModelProto model)
    {
        foreach (var info in model.Graph.Input.Concat(model.Graph.Output).Concat(model.Graph.ValueInfo))
            if (info.Type.TensorType is { ElemType: Double } type)
                type.ElemType = Float;
        foreach (var tensor in model.Graph.Initializer)
            Narrow(tensor);
        foreach (var attribute in model.Graph.Node.SelectMany(node => node.Attribute))
        {
            if (attribute.T is { } tensor)
                Narrow(tensor);
            if (attribute is { Name: "to", I: Double })
                attribute.I = Float;
        }
        return model;
    }

    private static void Narrow(TensorProto tensor)
    {
        if (tensor.DataType != Double)
            return;
        double[] elements =
            tensor.DoubleData.Count > 0 ? [.. tensor.DoubleData] : [.. MemoryMarshal.Cast<byte, double>(tensor.RawData.Span)];
        tensor.DoubleData.Clear();
        tensor.DataType = Float;
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(Array.ConvertAll(elements, element => (float)element)));
    }
}
