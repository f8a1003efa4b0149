using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>The check of batches whose directions are divided over shards, none of which has a whole result.</summary>
[Trait("Category", "Slow")]
public sealed class DividedCheckTests
{
    private static readonly string[] Results = ["gradient", "hessian_diagonal"];

    [Theory]
    [InlineData("mlp.onnx", "fc1.weight", 0.3, null, 3)]
    [InlineData("resnet_small.onnx", "stem.conv.weight", 0.7, null, 2)]
    [InlineData("transformer_ce.opset17.onnx", "v.weight", 0.05, null, 2)]
    [InlineData("mlp.onnx", "fc1.weight", 0.3, 3, 5)]
    public void Every_result_of_divided_batches_is_checked_where_shards_are_put_together(
        string model,
        string weight,
        double share,
        int? batch,
        int count
    )
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var limit = Limit(entry, share, batch);
        var whole = Prepare(entry, limit, batch).Run(null, TestContext.Current.CancellationToken);
        Assert.True(whole.Batches < count, "There are enough batches, so that none is divided.");
        var merged = CurvatureEngine.Merge(Shards(entry, folder, limit, batch, count, new PlantedFaults()));
        Assert.Equal(
            whole.Tensors.Select(tensor => (tensor.Name, Bits(tensor))),
            merged.Tensors.Select(tensor => (tensor.Name, Bits(tensor)))
        );
        Assert.Empty(merged.Check.Unchecked);
        Assert.All(Results, result => Assert.Contains(merged.Check.Entries, checkedEntry => checkedEntry.Name == $"{weight}.{result}"));
        Assert.All(merged.Check.Entries, checkedEntry => Assert.True(checkedEntry.Agrees, checkedEntry.ToString()), throwIfEmpty: true);
        Assert.InRange(merged.Check.LargestDifference, double.Epsilon, 1e-3);
        Assert.True(merged.Check.Seconds > 0);
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData(3, 5)]
    public void A_fault_that_is_planted_into_every_shard_is_found_where_they_are_put_together(int? batch, int count)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var faults = new PlantedFaults { Loss = head => head with { Root = new ChangedRoot(head.Root!, 1, Twice) } };
        var files = Shards(entry, folder, Limit(entry, 0.3, batch), batch, count, faults);
        var exception = Assert.Throws<DisagreementException>(() => CurvatureEngine.Merge(files));
        Assert.All(
            exception.Report.Entries,
            checkedEntry => Assert.Equal(checkedEntry.Name.EndsWith(".gradient", StringComparison.Ordinal), checkedEntry.Agrees),
            throwIfEmpty: true
        );
    }

    private static string[] Shards(ReferenceCase entry, TemporaryFolder folder, long limit, int? batch, int count, PlantedFaults faults)
    {
        string[] files = [.. Enumerable.Range(1, count).Select(number => folder.File($"{number}.npz"))];
        for (var number = count; number >= 1; number--)
            Prepare(entry, limit, batch, new Shard(number, count), faults)
                .RunShard(files[number - 1], null, TestContext.Current.CancellationToken);
        return files;
    }

    private static long Limit(ReferenceCase entry, double share, int? batch) =>
        (long)(share * Prepare(entry, 1L << 30, batch).Methods.Max(method => method.MemoryBytes)) - 1;

    private static PreparedRun Prepare(ReferenceCase entry, long bytes, int? batch, Shard? shard = null, PlantedFaults? faults = null) =>
        CurvatureEngine.Prepare(
            entry.ModelPath,
            entry.Request,
            entry.Data(),
            new CurvatureRunOptions
            {
                ChunkBytes = bytes,
                BatchSize = batch,
                Shard = shard,
                Faults = faults ?? new PlantedFaults(),
            }
        );

    private static long[] Bits(ResultTensor tensor) => [.. tensor.Values.Select(BitConverter.DoubleToInt64Bits)];

    private static Value Twice(GraphBuilder b, Value value) =>
        Catalogue.Get<Mul>().Apply(b, [value, b.Scalar(value.Type.Element, 2)]).Output;
}
