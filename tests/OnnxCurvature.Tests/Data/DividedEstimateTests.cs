using System.Collections.Immutable;
using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>
/// Batches of estimates, whose random directions are divided over segments: interrupted, resumed, and made in shards, against the bits of
/// one run, and against all directions at once.
/// </summary>
[Trait("Category", "Slow")]
public sealed class DividedEstimateTests
{
    /// <summary>So that the last chunk of directions is not full.</summary>
    private const int Probes = 61;

    public static TheoryData<string, string, Estimator, Quantity, double> Cases =>
        new()
        {
            { "mlp.onnx", "fc1.weight", Estimator.Hutchinson, Quantity.HessianDiagonal, 0.1 },
            { "mlp.onnx", "features", Estimator.Hutchinson, Quantity.HessianDiagonal, 0.1 },
            { "mlp.onnx", "fc1.weight", Estimator.GgnMonteCarlo, Quantity.GgnDiagonal, 0.1 },
            { "resnet_small.onnx", "stem.conv.weight", Estimator.GgnMonteCarlo, Quantity.GgnDiagonal, 0.1 },
            { "transformer_ce.opset17.onnx", "v.weight", Estimator.None, Quantity.FisherDiagonalMonteCarlo, 0.1 },
            { "mlp.onnx", "fc1.weight", Estimator.None, Quantity.GgnDiagonal, 0.1 },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Directions_are_divided_over_shards_and_checkpoints(
        string model,
        string target,
        Estimator estimator,
        Quantity quantity,
        double share
    )
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.All.First(one => one.Model == model);
        var request = Request(entry, target, estimator, quantity);
        var peak = Prepare(entry, request, 1L << 30).Methods.Max(method => method.MemoryBytes);
        var limit = (long)(share * peak) - 1;
        var expected = Prepare(entry, request, limit).Run(null, TestContext.Current.CancellationToken);
        AssertClose(Prepare(entry, request, 1L << 30).Run(null, TestContext.Current.CancellationToken), expected);
        foreach (var count in new[] { 1, 2, 3 })
        {
            string[] files = [.. Enumerable.Range(1, count).Select(number => folder.File($"{count}-{number}"))];
            for (var number = count; number >= 1; number--)
                Prepare(entry, request, limit, new Shard(number, count))
                    .RunShard(files[number - 1], null, TestContext.Current.CancellationToken);
            ResumedRunTests.AssertSame(expected, CurvatureEngine.Merge(files));
        }
        ResumedRunTests.AssertSame(expected, Interrupted(entry, request, limit, folder.File("o.partial"), "segments of batches"));
    }

    /// <summary>Shards begin and end within batches, whose squares of errors add up only where all parts are there.</summary>
    [Theory]
    [InlineData(Estimator.Hutchinson, Quantity.HessianDiagonal)]
    [InlineData(Estimator.GgnMonteCarlo, Quantity.GgnDiagonal)]
    public void Shards_that_begin_within_batches_give_the_errors_of_whole_batches(Estimator estimator, Quantity quantity)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var request = Request(entry, "fc1.weight", estimator, quantity);
        var limit = (long)(0.1 * Prepare(entry, request, 1L << 30, batch: 3).Methods.Max(method => method.MemoryBytes)) - 1;
        var expected = Prepare(entry, request, limit, batch: 3).Run(null, TestContext.Current.CancellationToken);
        Assert.InRange(expected.Batches, 2, 4);
        AssertClose(Prepare(entry, request, 1L << 30, batch: 3).Run(null, TestContext.Current.CancellationToken), expected);
        string[] files = [.. Enumerable.Range(1, 5).Select(number => folder.File($"{number}"))];
        foreach (var number in new[] { 4, 2, 5, 1, 3 })
            Prepare(entry, request, limit, new Shard(number, 5), batch: 3)
                .RunShard(files[number - 1], null, TestContext.Current.CancellationToken);
        ResumedRunTests.AssertSame(expected, CurvatureEngine.Merge([files[2], files[0], files[4], files[1], files[3]]));
    }

    [Fact]
    public void Estimates_that_are_no_sums_over_directions_are_made_at_once()
    {
        using var tool = ResumedRunTests.Prepared(1);
        const string Words = "--wrt w --loss cross-entropy --data x=@x labels=@labels.npy --batch-size 203 --probes 8";
        var refused = tool.Run($"run @model.onnx -o @o.npz {Words} --method xdiag --shard 1/3 --memory 260M");
        Assert.Equal(ExitCodes.UserError, refused.Code);
        Assert.Contains("too few for 3 shards; give at most 1", refused.Error, StringComparison.Ordinal);
    }

    private static CurvatureRequest Request(ReferenceCase entry, string target, Estimator estimator, Quantity quantity) =>
        new()
        {
            WithRespectTo = [target],
            Loss = entry.Loss,
            Quantities = [Quantity.Loss, Quantity.Gradient, quantity],
            Estimator = estimator,
            Probes = Probes,
            Tolerance = estimator == Estimator.None && quantity == Quantity.GgnDiagonal ? 0.6 : null,
        };

    private static PreparedRun Prepare(
        ReferenceCase entry,
        CurvatureRequest request,
        long bytes,
        Shard? shard = null,
        string? checkpoint = null,
        int? batch = null
    ) =>
        CurvatureEngine.Prepare(
            entry.ModelPath,
            request,
            entry.Data(),
            new CurvatureRunOptions
            {
                ChunkBytes = bytes,
                Shard = shard,
                CheckpointPath = checkpoint,
                CheckpointInterval = TimeSpan.Zero,
                Resumes = true,
                BatchSize = batch,
            }
        );

    /// <summary>A run that is interrupted once for every three segments of its batch.</summary>
    private static CurvatureResult Interrupted(ReferenceCase entry, CurvatureRequest request, long limit, string path, string expected)
    {
        for (var times = 0; ; times++)
        {
            using var cancellation = new CancellationTokenSource();
            var before = File.Exists(path) ? File.GetLastWriteTimeUtc(path) : default;
            try
            {
                var result = Prepare(entry, request, limit, checkpoint: path)
                    .Run(
                        new ReportedTo(_ =>
                        {
                            if (times < 3 && File.Exists(path) && File.GetLastWriteTimeUtc(path) != before)
                                cancellation.Cancel();
                        }),
                        cancellation.Token
                    );
                Assert.InRange(times, 1, 3);
                return result;
            }
            catch (InterruptedRunException exception)
            {
                Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
            }
        }
    }

    private static void AssertClose(CurvatureResult expected, CurvatureResult actual)
    {
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name), actual.Tensors.Select(tensor => tensor.Name));
        foreach (var (one, other) in expected.Tensors.Zip(actual.Tensors))
        {
            Assert.Equal(one.Shape, other.Shape);
            var off = one.Values.Zip(other.Values, (a, b) => a - b);
            // Errors are differences of squares of float32, so they keep half as many digits where nearly all directions give the same.
            Assert.InRange(Norm(off), 0, 1e-5 * Norm(one.Values));
            Assert.True(Norm(one.Values) > 0, one.Name);
        }
    }

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
