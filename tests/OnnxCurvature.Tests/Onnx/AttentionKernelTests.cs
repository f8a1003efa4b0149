using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Laws;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Attributes = OnnxCurvature.Ir.Attributes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>The lowering of Attention, against ONNX Runtime's own kernels, which are of opsets that are read and not written.</summary>
public sealed class AttentionKernelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>The names of the samples, but for a mask of fewer keys and windows, which the kernel does not take.</summary>
    public static TheoryData<string> Samples =>
        [
            .. SampleTable
                .All.Select(row => row.Data)
                .Where(name =>
                    SampleTable.Get(name) is { Operator: "Attention", Domain: "" } sample
                    && !name.EndsWith("a mask of fewer keys", StringComparison.Ordinal)
                    && !sample.Attributes.Has("left_window_size")
                ),
        ];

    /// <summary>
    /// A window is the mask of the keys j with p - left ≤ j ≤ p + right, where p is the query's own position among the keys.
    /// </summary>
    [Theory]
    [InlineData(1, 0, 0), InlineData(0, 1, 2), InlineData(-1, 1, 0), InlineData(2, -1, 1), InlineData(0, 0, 0)]
    public void A_window_is_the_mask_that_it_stands_for(int left, int right, int past)
    {
        var keys = 3 + past;
        var visible = Enumerable
            .Range(0, 3)
            .SelectMany(query =>
                Enumerable
                    .Range(0, keys)
                    .Select(key => (left < 0 || key >= query + past - left) && (right < 0 || key <= query + past + right) ? 1L : 0L)
            )
            .ToArray();
        var random = new Random(4);
        Ir.Tensor[] inputs =
        [
            .. new[] { 3, 3, 3, past, past }.Select(rows =>
                Ir.Tensor.Of(ElementType.Float64, [1, 2, rows, 2], [.. Enumerable.Range(0, 4 * rows).Select(_ => random.NextDouble())])
            ),
        ];
        var windowed = Outputs(Attributes.Empty.With("left_window_size", (long)left).With("right_window_size", (long)right), null);
        Laws.Close.Check(Outputs(Attributes.Empty, Ir.Tensor.Of(ElementType.Bool, [3, keys], visible)), windowed, 1e-12, "a window");

        Ir.Tensor Outputs(Attributes attributes, Ir.Tensor? mask)
        {
            var b = new GraphBuilder();
            var values = inputs.Select(tensor => b.Constant(tensor)).ToArray();
            var call = new OperatorCall(
                "Attention",
                "",
                [values[0], values[1], values[2], mask is null ? null : b.Constant(mask), .. past > 0 ? values[3..] : []],
                attributes,
                1
            );
            var y = Catalogue.Find("", "Attention")!.OnLoad(b, call)!.Value[0]!;
            var found = new Dictionary<Value, Ir.Tensor>();
            Interpreter.Run(GraphWalk.Ancestors([y]), found);
            return found[y];
        }
    }

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
            graph.Input.Add(
                Info(
                    $"input{index}",
                    input.Value.Element.IsFloat() ? 1 : (int)input.Value.Element,
                    [.. input.Value.Shape.Select(size => (object)(int)size)]
                )
            );
        }
        for (var index = 0; index < sample.Outputs; index++)
        {
            node.Output.Add($"output{index}");
            graph.Output.Add(Info($"output{index}", 1, [.. Enumerable.Repeat((object)"", index == 0 ? sample.Inputs[0].Value.Rank : 4)]));
        }
        foreach (var (key, value) in sample.Attributes.Items)
            node.Attribute.Add(
                value is double number
                    ? new AttributeProto
                    {
                        Name = key,
                        Type = Kind.Float,
                        F = (float)number,
                    }
                    : Int(key, (long)value)
            );
        foreach (var opset in (int[])[23, 24])
            if (opset >= 24 || sample.Inputs.Length < 7)
                new ModelLaws(Model(graph, opset, 11), _folder, [], inputs).CheckValues();
    }
}
