using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Laws;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>What Attention becomes, against ONNX Runtime's own kernels, which are of opsets that are read and not written.</summary>
public sealed class AttentionKernelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>The names of the samples, but for a mask of fewer keys, which the kernel does not take.</summary>
    public static TheoryData<string> Samples => [.. SampleTable.All.Select(row => row.Data)
        .Where(name => SampleTable.Get(name) is { Operator: "Attention", Domain: "" } && !name.EndsWith("a mask of fewer keys", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Samples))]
    public void Attention_computes_what_the_kernel_does(string name)
    {
        var sample = SampleTable.Get(name);
        var node = Node("Attention", "", "");
        var graph = new GraphProto { Name = "graph", Node = { node } };
        var inputs = new Dictionary<string, Ir.Tensor>();
        foreach (var (index, input) in sample.Inputs.Index())
        {
            node.Input.Add(input.Role == InputRole.Absent ? "" : $"input{index}");
            if (input.Role == InputRole.Absent)
                continue;
            inputs[$"input{index}"] = input.Value;
            graph.Input.Add(Info($"input{index}", input.Value.Element.IsFloat() ? 1 : (int)input.Value.Element, [.. input.Value.Shape.Select(size => (object)(int)size)]));
        }
        for (var index = 0; index < sample.Outputs; index++)
        {
            node.Output.Add($"output{index}");
            graph.Output.Add(Info($"output{index}", 1, [.. Enumerable.Repeat((object)"", index == 0 ? sample.Inputs[0].Value.Rank : 4)]));
        }
        foreach (var (key, value) in sample.Attributes.Items)
            node.Attribute.Add(value is double number ? new AttributeProto { Name = key, Type = Kind.Float, F = (float)number } : Int(key, (long)value));
        foreach (var opset in (int[])[23, 24])
            if (opset >= 24 || sample.Inputs.Length < 7)
                new ModelLaws(Model(graph, opset, 11), _folder, [], inputs).CheckValues();
    }
}
