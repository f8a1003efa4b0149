using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
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

    public void Dispose() => _tool.Dispose();

    [Theory]
    [InlineData("labels=@plain.npy")]
    [InlineData("labels=@plain.npy --reduction sum")]
    [InlineData("labels=@column.npy")]
    [InlineData("labels=@labels.npy")]
    [InlineData("labels=@labels.npy --class-weights @weights.npy")]
    [InlineData("labels=@soft.npy")]
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

    /// <summary>As in an attention whose heads are split off beside the samples: at one sample nothing tells these axes apart.</summary>
    [Theory]
    [InlineData("labels=@plain.npy")]
    [InlineData("labels=@plain.npy --reduction sum")]
    [InlineData("labels=@column.npy")]
    [InlineData("labels=@labels.npy")]
    [InlineData("labels=@labels.npy --class-weights @weights.npy")]
    [InlineData("labels=@soft.npy")]
    public void Batches_of_one_sample_are_those_of_any_size_where_its_axis_is_lost(string words)
    {
        SaveHeads("heads.onnx", "N");
        SaveHeads("heads1.onnx", 1);
        _tool.Npy("x.npy", ElementType.Float32, [Samples, 2, 4], [.. Enumerable.Range(0, 8 * Samples).Select(i => Math.Sin(3 * i))]);
        foreach (var (own, other) in Diagonal("heads.onnx", words).Zip(Diagonal("heads1.onnx", words)))
            Assert.Equal(own, other, 1e-5);
        var file = _tool.Run("augment @heads1.onnx -o @a.onnx --wrt w --loss cross-entropy");
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

    private void SaveHeads(string name, object batch)
    {
        var graph = Graph(
            Node("Transpose", "x", "t", Ints("perm", 1, 0, 2)),
            Node("Reshape", "t split", "heads"),
            Node("Tanh", "heads", "active"),
            Node("Reshape", "active joined", "j"),
            Node("Transpose", "j", "u", Ints("perm", 1, 0, 2)),
            Node("ReduceMean", "u", "m", Ints("axes", 1), Int("keepdims", 0)),
            Node("MatMul", "m w", "z")
        );
        graph.Input[0] = Info("x", 1, batch, 2, 4);
        graph.Output[0] = Info("z", 1, batch, Classes);
        graph.Initializer.Add(Weight("w", [4, Classes], index => Math.Cos(index + 1)));
        graph.Initializer.Add(Integers("split", 2, -1, 2));
        graph.Initializer.Add(Integers("joined", 2, -1, 4));
        _tool.Save(name, Model(graph));
    }

    private void Save(string name, object batch)
    {
        var graph = Graph(Node("MatMul", "x w", "z"));
        graph.Input[0] = Info("x", 1, batch, 2);
        graph.Output[0] = Info("z", 1, batch, Classes);
        graph.Initializer.Add(Weight("w", [2, Classes], index => Math.Cos(index + 1)));
        _tool.Save(name, Model(graph));
    }
}
