using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>A classifier that was exported with a fixed batch gives over several batches what one of a symbolic batch gives.</summary>
public sealed class FixedBatchTests : IDisposable
{
    private const int Samples = 6;
    private const int Classes = 4;

    private readonly Tool _tool = new();

    public FixedBatchTests()
    {
        Save("any.onnx", "N");
        Save("of1.onnx", 1);
        Save("of2.onnx", 2);
        Save("of4.onnx", 4);
        _tool.Npy("x.npy", ElementType.Float32, [Samples, 2], [.. Enumerable.Range(0, 2 * Samples).Select(index => Math.Sin(3 * index))]);
        _tool.Npy("labels.npy", ElementType.Int64, [Samples], [0, 3, 1, -100, 2, 2]);
        _tool.Npy("plain.npy", ElementType.Int64, [Samples], [0, 3, 1, 1, 2, 2]);
        _tool.Npy("column.npy", ElementType.Int32, [Samples, 1], [0, 3, 1, 1, 2, 2]);
        _tool.Npy(
            "soft.npy",
            ElementType.Float32,
            [Samples, Classes],
            [.. Enumerable.Range(0, Samples * Classes).Select(i => i % 5 / 8.0)]
        );
        _tool.Npy("weights.npy", ElementType.Float32, [Classes], [0.5, 0, 2, 1.25]);
    }

    public static TheoryData<string> Targets =>
        [
            "labels=@plain.npy",
            "labels=@plain.npy --reduction sum",
            "labels=@column.npy",
            "labels=@labels.npy",
            "labels=@labels.npy --class-weights @weights.npy",
            "labels=@soft.npy",
        ];

    public void Dispose() => _tool.Dispose();

    [Theory]
    [MemberData(nameof(Targets))]
    public void Labels_of_several_batches_are_those_of_one_batch_of_any_size(string words)
    {
        var expected = Diagonal("any.onnx", words);
        foreach (var model in new[] { "of1.onnx", "of2.onnx" })
        {
            var actual = Diagonal(model, words + " --batch-size 32");
            foreach (var (own, other) in expected.Zip(actual))
                Assert.Equal(own, other, 1e-5);
        }
    }

    /// <summary>A mean over one sample is that sample, though it couples samples.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void Batches_of_one_sample_are_those_of_any_size_where_its_axis_is_lost(string words)
    {
        Save("tanh.onnx", "N", Node("Tanh", "x", "h"), Node("MatMul", "h w", "z"));
        Save(
            "mean1.onnx",
            1,
            Node("Tanh", "x", "t"),
            Node("ReduceMean", "t", "h", Ints("axes", 0), Int("keepdims", 1)),
            Node("MatMul", "h w", "z")
        );
        foreach (var (own, other) in Diagonal("tanh.onnx", words).Zip(Diagonal("mean1.onnx", words)))
            Assert.Equal(own, other, 1e-5);
        var file = _tool.Run("augment @mean1.onnx -o @a.onnx --wrt w --loss cross-entropy");
        Assert.Contains("Of several batches take the mean", file.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_that_fill_no_batches_are_refused_as_such()
    {
        var run = _tool.Run("run @of4.onnx -o @o.npz --wrt w --loss cross-entropy --data x=@x.npy labels=@plain.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("takes batches of 4 samples, and --data holds 6", run.Error, StringComparison.Ordinal);
    }

    private double[] Diagonal(string model, string words)
    {
        var run = _tool.Run($"run @{model} -o @o.npz --wrt w --loss cross-entropy --data x=@x.npy {words}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        return [_tool.Read("o.npz", "loss")[0], .. _tool.Read("o.npz", "w.gradient"), .. _tool.Read("o.npz", "w.hessian_diagonal")];
    }

    private void Save(string name, object batch) => Save(name, batch, Node("MatMul", "x w", "z"));

    private void Save(string name, object batch, params NodeProto[] nodes)
    {
        var graph = Graph(nodes);
        graph.Input[0] = Info("x", 1, batch, 2);
        graph.Output[0] = Info("z", 1, batch, Classes);
        graph.Initializer.Add(Weight("w", [2, Classes], index => Math.Cos(index + 1)));
        _tool.Save(name, Model(graph));
    }
}
