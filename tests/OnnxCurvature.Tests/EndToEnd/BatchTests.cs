using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Forty samples in batches where that gives what all samples at once give, and at once where it does not.</summary>
public sealed class BatchTests
{
    private const int N = 40;

    private static readonly double[] X = [.. Enumerable.Range(0, 3 * N).Select(index => Math.Round(Math.Sin(index * index + 1), 3))];

    private static readonly double[] W = [0.5, -1, 0.25];

    /// <summary>f = x · w of every sample, and y, the mean, or the sum, of f².</summary>
    [Theory]
    [InlineData("ReduceMean", 1)]
    [InlineData("ReduceMean", 7)]
    [InlineData("ReduceMean", 32)]
    [InlineData("ReduceMean", 40)]
    [InlineData("ReduceMean", null)]
    [InlineData("ReduceSum", 1)]
    [InlineData("ReduceSum", 7)]
    [InlineData("ReduceSum", 32)]
    [InlineData("ReduceSum", null)]
    public void Batches_of_any_size_give_the_loss_and_the_derivatives_of_all_samples(string reduction, int? size)
    {
        using var tool = Prepared(Node("MatMul", "x w", "f"), Node("Mul", "f f", "q"), Node(reduction, "q", "y", Int("keepdims", 0)));
        var run = tool.Run(
            $"run @model.onnx -o @o.npz --wrt w x --loss value --precision float64 --data x=@x.npy "
                + $"{(size is null ? "" : $"--batch-size {size}")}"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        // Results for each sample need batches of one size.
        Assert.Contains(
            $"40 samples in {(size is 40 ? "1 batch" : size is 1 ? "40 batches" : size is 7 ? "8 batches" : "2 batches")}",
            run.Output,
            StringComparison.Ordinal
        );
        var scale = reduction == "ReduceMean" ? 1.0 / N : 1;
        Close([scale * F().Sum(f => f * f)], tool.Read("o.npz", "loss"));
        Close(Column(k => 2 * scale * F().Index().Sum(f => f.Item * X[3 * f.Index + k])), tool.Read("o.npz", "w.gradient"));
        Close(
            Column(k => 2 * scale * Enumerable.Range(0, N).Sum(n => X[3 * n + k] * X[3 * n + k])),
            tool.Read("o.npz", "w.hessian_diagonal")
        );
        Close([.. F().SelectMany(f => W.Select(w => 2 * scale * f * w))], tool.Read("o.npz", "x.gradient"));
        Close([.. F().SelectMany(_ => W.Select(w => 2 * scale * w * w))], tool.Read("o.npz", "x.hessian_diagonal"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    public void A_last_batch_that_is_smaller_counts_less(int size)
    {
        using var tool = Prepared(Node("MatMul", "x w", "f"), Node("Exp", "f", "e"), Node("ReduceMean", "e", "y", Int("keepdims", 0)));
        var run = tool.Run(
            $"run @model.onnx -o @o.npz --wrt w --loss value --quantity loss,gradient,hessian-diagonal,hessian --precision float64 "
                + $"--data x=@x.npy --batch-size {size}"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains($"in {(N + size - 1) / size} batches", run.Output, StringComparison.Ordinal);
        Close([F().Average(Math.Exp)], tool.Read("o.npz", "loss"));
        Close(Column(k => F().Index().Sum(f => Math.Exp(f.Item) * X[3 * f.Index + k]) / N), tool.Read("o.npz", "w.gradient"));
        Close(
            Column(k => F().Index().Sum(f => Math.Exp(f.Item) * X[3 * f.Index + k] * X[3 * f.Index + k]) / N),
            tool.Read("o.npz", "w.hessian_diagonal")
        );
        Close(
            [
                .. from i in Enumerable.Range(0, 3)
                from k in Enumerable.Range(0, 3)
                select F().Index().Sum(f => Math.Exp(f.Item) * X[3 * f.Index + i] * X[3 * f.Index + k]) / N,
            ],
            tool.Read("o.npz", "w.hessian")
        );
    }

    /// <summary>E = Σᵢⱼ |xᵢ − xⱼ|², an energy of pairs: ∂E/∂xᵢ = 4 (N xᵢ − Σⱼ xⱼ), and the diagonal of its Hessian is 4 (N − 1).</summary>
    [Fact]
    public void A_loss_that_is_no_sum_over_samples_is_run_whole_and_the_plan_says_why()
    {
        using var tool = Pairs();
        var run = tool.Run("run @model.onnx -o @o.npz --wrt x --loss value --precision float64 --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains(
            "All 40 samples are run at once, because batches are not proven to give the same: Sub that makes 'd' may couple samples "
                + "across the batch; the values take about",
            run.Output,
            StringComparison.Ordinal
        );
        Close([Energy(0, N)], tool.Read("o.npz", "loss"));
        Close(
            [.. X.Select((x, index) => 4 * (N * x - X.Where((_, other) => other % 3 == index % 3).Sum()))],
            tool.Read("o.npz", "x.gradient")
        );
        Close([.. X.Select(_ => 4.0 * (N - 1))], tool.Read("o.npz", "x.hessian_diagonal"));
    }

    [Fact]
    public void A_batch_size_that_would_change_what_is_computed_is_an_error()
    {
        using var tool = Pairs();
        var run = tool.Run("run @model.onnx -o @o.npz --wrt x --loss value --data x=@x.npy --batch-size 8");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            "--batch-size 8 would change what is computed, because Sub that makes 'd' may couple samples across the batch; leave it out "
                + "to run all 40 samples at once, or give --as-blocks",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(ExitCodes.Success, tool.Run("run @model.onnx -o @o.npz --wrt x --loss value --data x=@x.npy --batch-size 40").Code);
    }

    [Fact]
    public void Blocks_are_averaged_where_they_are_asked_for_and_that_is_said()
    {
        using var tool = Pairs();
        var run = tool.Run("run @model.onnx -o @o.npz --wrt x --loss value --precision float64 --data x=@x.npy --batch-size 8 --as-blocks");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains(
            "Results are those of blocks of 8 samples, put together as --as-blocks asks, and not those of all 40 samples at once",
            run.Output,
            StringComparison.Ordinal
        );
        Close([Enumerable.Range(0, 5).Average(block => Energy(8 * block, 8 * block + 8))], tool.Read("o.npz", "loss"));
        var uneven = tool.Run("run @model.onnx -o @p.npz --wrt x --loss value --data x=@x.npy --batch-size 16 --as-blocks");
        Assert.Contains(
            "blocks of 16 samples do not fill the 40 samples, and results that have entries for each sample need blocks of one size; "
                + "give --batch-size 10",
            uneven.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_whole_run_that_does_not_fit_is_refused_with_the_reason()
    {
        using var tool = Pairs();
        var run = tool.Run("run @model.onnx -o @o.npz --wrt x --loss value --data x=@x.npy --memory 1M");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            "all samples are run at once, because Sub that makes 'd' may couple samples across the batch; allow more with --memory, or "
                + "give --batch-size N --as-blocks",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_model_of_a_fixed_number_of_samples_is_run_on_blocks_only_where_these_add_up()
    {
        using var tool = Prepared(Node("MatMul", "x w", "f"), Node("Mul", "f f", "q"), Node("ReduceMean", "q", "y", Int("keepdims", 0)));
        tool.Save(
            "eight.onnx",
            Model(Graph(8, Node("MatMul", "x w", "f"), Node("Mul", "f f", "q"), Node("ReduceMean", "q", "y", Int("keepdims", 0))))
        );
        tool.Save("coupled.onnx", Model(Graph(8, Node("MatMul", "x w", "f"), Node("ReduceL2", "f", "y", Int("keepdims", 0)))));
        var run = tool.Run("run @eight.onnx -o @o.npz --wrt w --loss value --precision float64 --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Close([F().Average(f => f * f)], tool.Read("o.npz", "loss"));
        var refused = tool.Run("run @coupled.onnx -o @p.npz --wrt w --loss value --data x=@x.npy");
        Assert.Contains(
            "The model takes 8 samples at once, and --data holds 40, but blocks of them are not proven to give what all samples give, "
                + "because ReduceL2 that makes 'y' may couple samples across the batch",
            refused.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Samples_along_another_axis_are_cut_there()
    {
        using var tool = Prepared(Node("MatMul", "v x", "f"), Node("Mul", "f f", "q"), Node("ReduceMean", "q", "y", Int("keepdims", 0)));
        tool.Save(
            "columns.onnx",
            Model(
                new GraphProto
                {
                    Name = "columns",
                    Input = { Info("x", 1, 3, "N") },
                    Output = { Info("y", 1) },
                    Initializer = { Weight("v", [1, 3], index => W[index]) },
                    Node = { Node("MatMul", "v x", "f"), Node("Mul", "f f", "q"), Node("ReduceMean", "q", "y", Int("keepdims", 0)) },
                }
            )
        );
        tool.Npy(
            "columns.npy",
            ElementType.Float64,
            [3, N],
            [.. from k in Enumerable.Range(0, 3) from n in Enumerable.Range(0, N) select X[3 * n + k]]
        );
        var run = tool.Run(
            "run @columns.onnx -o @o.npz --wrt v --loss value --precision float64 --data x=@columns.npy --samples-axis x=1 --batch-size 7"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("40 samples in 6 batches", run.Output, StringComparison.Ordinal);
        Close([F().Average(f => f * f)], tool.Read("o.npz", "loss"));
        Close(
            Column(k => 2.0 / N * Enumerable.Range(0, N).Sum(n => X[3 * n + k] * X[3 * n + k])),
            tool.Read("o.npz", "v.hessian_diagonal")
        );
    }

    [Fact]
    public void An_augmented_file_knows_whether_batches_may_be_put_together()
    {
        using var tool = Prepared(Node("MatMul", "x w", "f"), Node("ReduceL2", "f", "y", Int("keepdims", 0)));
        var written = tool.Run("augment @model.onnx -o @augmented.onnx --wrt w --loss value --precision float64");
        Assert.Contains(
            "Feed all samples at once: several batches are not proven to give the same, because ReduceL2 that makes 'y' may couple "
                + "samples across the batch.",
            written.Output,
            StringComparison.Ordinal
        );
        var run = tool.Run("run @augmented.onnx -o @o.npz --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("All 40 samples are run at once", run.Output, StringComparison.Ordinal);
        Close([Math.Sqrt(F().Sum(f => f * f))], tool.Read("o.npz", "loss"));
        Assert.Equal(ExitCodes.UserError, tool.Run("run @augmented.onnx -o @p.npz --data x=@x.npy --batch-size 8").Code);
        var derived = tool.Run("run @augmented.onnx -o @p.npz --wrt w --loss value:loss --data x=@x.npy --batch-size 8");
        Assert.Contains(
            "because results of an augmented model belong to the batch that they are computed of",
            derived.Error,
            StringComparison.Ordinal
        );
    }

    /// <summary>f and 2 f of every sample as rows of their own, next to each other.</summary>
    [Fact]
    public void An_augmented_file_takes_targets_with_several_rows_of_a_sample()
    {
        using var tool = Prepared(
            Node("MatMul", "x w", "f"),
            Node("Add", "f f", "g"),
            Node("Unsqueeze", "f i1", "f1"),
            Node("Unsqueeze", "g i1", "g1"),
            Node("Concat", "f1 g1", "fg", Int("axis", 1)),
            Node("Flatten", "fg", "row", Int("axis", 0)),
            Node("Squeeze", "row i0", "y")
        );
        double[] target = [.. Enumerable.Range(0, 2 * N).Select(index => Math.Cos(index))];
        tool.Npy("target.npy", ElementType.Float64, [2 * N], target);
        var written = tool.Run("augment @model.onnx -o @augmented.onnx --wrt w --loss mse --precision float64");
        Assert.True(written.Code == ExitCodes.Success, written.ToString());
        var run = tool.Run("run @augmented.onnx -o @o.npz --data x=@x.npy --data target=@target.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("All 40 samples are run at once", run.Output, StringComparison.Ordinal);
        var differences = F().SelectMany((f, n) => new[] { f - target[2 * n], 2 * f - target[2 * n + 1] });
        Close([differences.Average(difference => difference * difference)], tool.Read("o.npz", "loss"));
        Close(
            Column(k => 10.0 / (2 * N) * Enumerable.Range(0, N).Sum(n => X[3 * n + k] * X[3 * n + k])),
            tool.Read("o.npz", "w.hessian_diagonal")
        );
        var cut = tool.Run("run @augmented.onnx -o @p.npz --data x=@x.npy --data target=@target.npy --batch-size 8 --as-blocks");
        Assert.Equal(ExitCodes.UserError, cut.Code);
        Assert.Contains("'target' does not hold a sample at each index of its first axis", cut.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--samples-axis x", "--samples-axis 'x' is no INPUT=AXIS")]
    [InlineData("--samples-axis x=first", "--samples-axis 'x=first' is no INPUT=AXIS")]
    [InlineData("--samples-axis x=2", "--samples-axis gives 'x' the axis 2, and it has the shape [N,3]")]
    [InlineData("--samples-axis z=0", "--samples-axis 'z' is no input of")]
    public void Axes_that_cannot_be_are_refused(string words, string sentence)
    {
        using var tool = Pairs();
        var run = tool.Run($"run @model.onnx -o @o.npz --wrt x --loss value --data x=@x.npy {words}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    private static Tool Pairs() =>
        Prepared(
            Node("Unsqueeze", "x i0", "a"),
            Node("Unsqueeze", "x i1", "b"),
            Node("Sub", "a b", "d"),
            Node("ReduceSumSquare", "d", "y", Int("keepdims", 0))
        );

    private static Tool Prepared(params NodeProto[] nodes)
    {
        var tool = new Tool();
        tool.Save("model.onnx", Model(Graph("N", nodes)));
        tool.Npy("x.npy", ElementType.Float64, [N, 3], X);
        return tool;
    }

    private static GraphProto Graph(object samples, params NodeProto[] nodes) =>
        new()
        {
            Name = "graph",
            Input = { Info("x", 1, samples, 3) },
            Output = { Info("y", 1) },
            Initializer = { Weight("w", [3], index => W[index]), Integers("i0", 0), Integers("i1", 1) },
            Node = { nodes },
        };

    private static IEnumerable<double> F() => Enumerable.Range(0, N).Select(n => Enumerable.Range(0, 3).Sum(k => X[3 * n + k] * W[k]));

    private static double[] Column(Func<int, double> of) => [.. Enumerable.Range(0, 3).Select(of)];

    private static double Energy(int start, int end) =>
        (
            from i in Enumerable.Range(start, end - start)
            from j in Enumerable.Range(start, end - start)
            from k in Enumerable.Range(0, 3)
            select Math.Pow(X[3 * i + k] - X[3 * j + k], 2)
        ).Sum();

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var size = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * size), throwIfEmpty: true);
    }
}
