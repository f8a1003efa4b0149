using System.Collections.Immutable;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Runs that are interrupted, killed, resumed, and made in shards, against the bits of one run.</summary>
[Trait("Category", "Slow")]
public sealed class ResumedRunTests
{
    private const int N = 203;

    [Theory]
    [InlineData("loss,gradient,hessian-diagonal", "exact", "mean")]
    [InlineData("loss,gradient,hessian-diagonal", "exact", "sum")]
    [InlineData("gradient,hessian-diagonal", "hutchinson", "mean")]
    [InlineData("loss,gradient,per-sample-gradient", "exact", "mean")]
    [InlineData("loss,gradient,laplacian", "exact", "mean")]
    public void A_run_in_shards_gives_the_bits_of_one_run_in_any_order(string quantities, string method, string reduction)
    {
        using var tool = Prepared(7);
        var words =
            $"--wrt w v --loss cross-entropy --reduction {reduction} --quantity {quantities} --method {method} "
            + "--data x=@x labels=@labels.npy";
        if (quantities.Contains("per-sample", StringComparison.Ordinal))
            words = words.Replace("--wrt w v", "--wrt w", StringComparison.Ordinal);
        var whole = Succeed(tool, $"run @model.onnx -o @whole.npz {words} --batch-size 7");
        foreach (var count in new[] { 1, 3, 8 })
        {
            int[] order = [.. Enumerable.Range(1, count)];
            new Random(count).Shuffle(order);
            foreach (var number in order)
                Succeed(tool, $"run @model.onnx -o @part{count}.npz {words} --batch-size 7 --shard {number}/{count}");
            new Random(count + 1).Shuffle(order);
            var files = order.Select(number => $"@part{count}.shard-{number:000}-of-{count:000}.npz");
            var merged = Succeed(tool, $"merge -o @merged{count}.npz {string.Join(' ', files)}");
            AssertSame(tool["whole.npz"], tool[$"merged{count}.npz"]);
            Assert.Equal(Tables(whole), Tables(merged));
        }
    }

    [Fact]
    public void Shards_that_are_missing_doubled_or_foreign_are_named()
    {
        using var tool = Prepared(3);
        const string Words = "--wrt w --loss cross-entropy --data x=@x labels=@labels.npy --batch-size 20";
        for (var number = 1; number <= 4; number++)
            Succeed(tool, $"run @model.onnx -o @a.npz {Words} --shard {number}/4");
        Succeed(tool, $"run @model.onnx -o @b.npz {Words} --reduction sum --shard 2/4");
        Succeed(tool, $"run @model.onnx -o @c.npz {Words} --shard 2/3");
        var again = Succeed(tool, $"run @model.onnx -o @a.npz {Words} --shard 2/4 --resume");
        Assert.Contains("all of it was there already", again, StringComparison.Ordinal);
        File.Copy(tool["a.shard-002-of-004.npz"], tool["copy.npz"]);
        string A(int number) => $"@a.shard-00{number}-of-004.npz";
        Refused($"{A(1)} {A(3)}", "Of the 4 shards 2 are missing: 2/4, 4/4");
        Refused($"{A(1)} {A(2)} {A(3)} {A(4)} @copy.npz", "Shard 2/4 is named more than once");
        Refused(
            $"{A(1)} @b.shard-002-of-004.npz {A(3)} {A(4)}",
            "b.shard-002-of-004.npz' is of another run, because --reduction is sum there"
        );
        Refused($"{A(1)} @c.shard-002-of-003.npz", "which are parts of different divisions");
        Refused($"{A(1)} @x.npy", "x.npy' is no .npz file");
        Succeed(tool, $"run @model.onnx -o @whole.npz {Words}");
        Refused($"{A(1)} @whole.npz", "whole.npz' is neither a checkpoint nor a shard");
        Assert.False(File.Exists(tool["o.npz"]));
        var many = tool.Run($"run @model.onnx -o @o.npz {Words} --shard 1/12");
        Assert.Contains("which are too few for 12 shards; give at most 11", many.Error, StringComparison.Ordinal);

        void Refused(string shards, string expected)
        {
            var run = tool.Run($"merge -o @o.npz {shards}");
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(SegmentLimit.Chunks, 1, "give at most 1, or a smaller --memory where it makes more chunks")]
    [InlineData(SegmentLimit.Chunks, 4, "give at most 1, or smaller batches with --batch-size, or a smaller --memory")]
    [InlineData(SegmentLimit.Weights, 1, "give at most 1, since making sessions of these weights again would take longer")]
    [InlineData(SegmentLimit.NoSums, 1, "give at most 1, since results that are no sums over directions are made at once")]
    public void A_refusal_of_many_shards_advises_only_what_helps(object limit, long batchSize, string expected)
    {
        var refused = Assert.Throws<UserErrorException>(() => new Shard(1, 8).UnitsOf(1, 1, (SegmentLimit)limit, batchSize));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_interrupted_at_random_twenty_times_gives_the_bits_of_one_that_is_not()
    {
        using var tool = Prepared(5);
        var expected = Prepare(tool, null).Run(null, CancellationToken.None);
        var (random, times) = (new Random(11), 0);
        CurvatureResult? result = null;
        while (result is null)
        {
            using var cancellation = new CancellationTokenSource();
            var left = random.Next(1, 4);
            try
            {
                var checkpoint = tool["o.partial"];
                result = Prepare(tool, checkpoint)
                    .Run(new ReportedTo(_ => CancelAfter(cancellation, ref left, times < 20)), cancellation.Token);
            }
            catch (InterruptedRunException exception)
            {
                Assert.Contains("give the same command with --resume to go on", exception.Message, StringComparison.Ordinal);
                times++;
            }
            catch (OperationCanceledException)
            {
                // Nothing was done yet.
            }
        }
        Assert.Equal(20, times);
        Assert.False(File.Exists(tool["o.partial"]));
        AssertSame(expected, result);
        Assert.Equal(expected.Check.Entries.Length, result.Check.Entries.Length);
    }

    /// <summary>One batch and many chunks: the directions of the batch are what is divided.</summary>
    [Theory]
    [InlineData("mlp.onnx", "fc1.weight", 0.7)]
    [InlineData("resnet_small.onnx", "stem.conv.weight", 0.7)]
    [InlineData("residual_silu_ce.opset17.onnx", "stem.weight", 0.03)]
    [InlineData("transformer_ce.opset17.onnx", "v.weight", 0.05)]
    public void Directions_of_one_batch_are_divided_and_resumed(string model, string weight, double share)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var peak = PrepareChunks(1L << 30, null, null).Methods.Max(method => method.MemoryBytes);
        var limit = (long)(share * peak) - 1;
        var expected = PrepareChunks(limit, null, null).Run(null, CancellationToken.None);
        Close.To(entry, expected);
        foreach (var count in new[] { 2, 1 })
        {
            var files = Enumerable.Range(1, count).Select(number => folder.File($"{count}-{number}")).ToArray();
            for (var number = count; number >= 1; number--)
                PrepareChunks(limit, new Shard(number, count), null).RunShard(files[number - 1], null, CancellationToken.None);
            AssertSame(expected, CurvatureEngine.Merge(files));
        }
        var times = 0;
        CurvatureResult? result = null;
        while (result is null)
        {
            using var cancellation = new CancellationTokenSource();
            try
            {
                var checkpoint = folder.File("o.partial");
                result = PrepareChunks(limit, null, checkpoint)
                    .Run(new ReportedTo(_ => CancelWhereKept(cancellation, checkpoint, times)), cancellation.Token);
            }
            catch (InterruptedRunException exception)
            {
                Assert.Contains("segments of batches", exception.Message, StringComparison.Ordinal);
                times++;
            }
        }
        Assert.Equal(1, times);
        AssertSame(expected, result);

        PreparedRun PrepareChunks(long bytes, Shard? shard, string? checkpoint) =>
            CurvatureEngine.Prepare(
                entry.ModelPath,
                entry.Request,
                entry.Data(),
                new CurvatureRunOptions
                {
                    ChunkBytes = bytes,
                    Shard = shard,
                    CheckpointPath = checkpoint,
                    CheckpointInterval = TimeSpan.Zero,
                    Resumes = true,
                }
            );
    }

    private static void CancelWhereKept(CancellationTokenSource cancellation, string checkpoint, int times)
    {
        if (times == 0 && File.Exists(checkpoint))
            cancellation.Cancel();
    }

    /// <summary>The second run, with the probes that the error takes, is the one that is interrupted.</summary>
    [Fact]
    public void A_run_for_an_error_goes_on_with_the_probes_that_it_has_come_to()
    {
        using var folder = new TemporaryFolder();
        double[] features = [.. Enumerable.Range(0, 7 * N).Select(index => Math.Sin(index * index + 1.0))];
        var data = new Dictionary<string, DataSource>
        {
            ["features"] = DataSource.Of(NpyArray.Of(ElementType.Float32, [N, 7], features)),
            ["labels"] = DataSource.Of(NpyArray.Of(ElementType.Int64, [N], [.. Enumerable.Range(0, N).Select(index => index % 4.0)])),
        };
        var checkpoint = folder.File("o.partial");
        var expected = PrepareEstimate(null).Run(null, CancellationToken.None);
        Assert.NotNull(expected.Probes);
        using var cancellation = new CancellationTokenSource();
        var ends = 0;
        var interrupted = Assert.Throws<InterruptedRunException>(() =>
            PrepareEstimate(checkpoint)
                .Run(
                    new ReportedTo(report =>
                    {
                        ends += report.Message == "done" ? 1 : 0;
                        if (ends == 1 && report.Fraction is > 0.5 and < 1)
                            cancellation.Cancel();
                    }),
                    cancellation.Token
                )
        );
        Assert.Contains(checkpoint, interrupted.Message, StringComparison.Ordinal);
        var result = PrepareEstimate(checkpoint).Run(null, CancellationToken.None);
        Assert.Equal(expected.Probes, result.Probes);
        AssertSame(expected, result);

        PreparedRun PrepareEstimate(string? kept) =>
            CurvatureEngine.Prepare(
                Path.Combine(Repository.Root, "testmodels", "mlp.onnx"),
                new CurvatureRequest
                {
                    WithRespectTo = ["fc1.weight"],
                    Loss = LossRequest.Parse("cross-entropy"),
                    Quantities = [Quantity.HessianDiagonal],
                    Estimator = Estimator.Hutchinson,
                    Probes = 2,
                    TargetError = 0.1,
                },
                data,
                new CurvatureRunOptions
                {
                    BatchSize = 20,
                    CheckpointPath = kept,
                    CheckpointInterval = TimeSpan.Zero,
                    Resumes = true,
                }
            );
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_refused_before_anything_runs()
    {
        using var tool = Prepared(1);
        var run = tool.Run(
            "run @model.onnx -o @o.npz --wrt w --loss cross-entropy --data x=@x labels=@labels.npy --checkpoint @nowhere/o.partial"
        );
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("nowhere/o.partial' cannot be written", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(tool["o.npz"]));
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_with_what_differs()
    {
        using var tool = Prepared(2);
        const string Words = "--wrt w --loss cross-entropy --data x=@x labels=@labels.npy --batch-size 20 --shard 1/2";
        Succeed(tool, $"run @model.onnx -o @a.npz {Words}");
        // A shard that is complete is what a checkpoint is at its end.
        File.Move(tool["a.shard-001-of-002.npz"], tool["a.shard-001-of-002.npz.partial"]);
        var (plain, resumed) = (tool.Run($"run @model.onnx -o @a.npz {Words}"), $"run @model.onnx -o @a.npz {Words} --resume");
        Assert.Contains("keeps what an earlier run has done; give --resume", plain.Error, StringComparison.Ordinal);
        Differs($"{resumed} --reduction sum", "because --reduction is mean there and sum here;");
        Differs(resumed.Replace("--wrt w", "--wrt v", StringComparison.Ordinal), "because --wrt is w there and v here;");
        Differs(
            resumed.Replace("--batch-size 20", "--batch-size 10", StringComparison.Ordinal),
            "because --batch-size is 20 there and 10 here;"
        );
        Differs($"{resumed} --samples 0:100", "because the selection of samples is all there and 0:100 here;");
        Differs($"{resumed} --no-check", "because the check is made there and left out here;");
        tool.Npy("x/part-1.npy", ElementType.Float32, [102, 3], new double[306]);
        Differs(resumed, "because --data 'x' is xxh128:");
        Assert.True(File.Exists(tool["a.shard-001-of-002.npz.partial"]));

        void Differs(string command, string expected)
        {
            var run = tool.Run(command);
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        }
    }

    private static void CancelAfter(CancellationTokenSource cancellation, ref int left, bool isOn)
    {
        if (isOn && left-- == 0)
            cancellation.Cancel();
    }

    private static PreparedRun Prepare(Tool tool, string? checkpoint) =>
        CurvatureEngine.Prepare(
            tool["model.onnx"],
            new CurvatureRequest { WithRespectTo = ["w", "v"], Loss = LossRequest.Parse("cross-entropy") },
            new Dictionary<string, DataSource> { ["x"] = DataSource.Open(tool["x"]), ["labels"] = DataSource.Open(tool["labels.npy"]) },
            new CurvatureRunOptions
            {
                BatchSize = 3,
                CheckpointPath = checkpoint,
                CheckpointInterval = TimeSpan.Zero,
                Resumes = true,
            }
        );

    internal static string Succeed(Tool tool, string words)
    {
        var run = tool.Run(words);
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        return run.Output;
    }

    /// <summary>The lines of a summary on the result itself, without times.</summary>
    private static IEnumerable<string> Tables(string output) =>
        output[output.IndexOf("Result", StringComparison.Ordinal)..]
            .Split('\n')
            .Where(line =>
                !line.Contains(" samples in ", StringComparison.Ordinal) && !line.Contains("Written to", StringComparison.Ordinal)
            )
            .Where(line => !line.Contains(" took ", StringComparison.Ordinal) && !line.Contains("planned:", StringComparison.Ordinal));

    internal static void AssertSame(string one, string other)
    {
        using var expected = NpzReader.Open(one);
        using var actual = NpzReader.Open(other);
        Assert.Equal(expected.Names, actual.Names);
        foreach (var name in expected.Names)
        {
            Assert.Equal(expected.Read(name).Shape, actual.Read(name).Shape);
            Assert.Equal(expected.Read(name).Data, actual.Read(name).Data);
        }
    }

    internal static void AssertSame(CurvatureResult expected, CurvatureResult actual)
    {
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name), actual.Tensors.Select(tensor => tensor.Name));
        foreach (var (one, other) in expected.Tensors.Zip(actual.Tensors))
            Assert.Equal(one.Values.Select(BitConverter.DoubleToInt64Bits), other.Values.Select(BitConverter.DoubleToInt64Bits));
    }

    internal static Tool Prepared(int parts)
    {
        var tool = new Tool();
        Directory.CreateDirectory(tool["x"]);
        double[] x = [.. Enumerable.Range(0, 3 * N).Select(index => Math.Sin(index * index + 1) * Math.Pow(10, index % 7 - 3))];
        for (var part = 0; part < parts; part++)
        {
            var (start, end) = (N * part / parts, N * (part + 1) / parts);
            tool.Npy($"x/part-{part}.npy", ElementType.Float32, [end - start, 3], x[(3 * start)..(3 * end)]);
        }
        tool.Npy("labels.npy", ElementType.Int64, [N], [.. Enumerable.Range(0, N).Select(index => (double)(index * index % 3 % 2))]);
        return tool;
    }

    /// <summary>Calls back at every report.</summary>
}
