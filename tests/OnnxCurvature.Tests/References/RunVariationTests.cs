using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>However a run is carried out, it gives the same numbers.</summary>
[Trait("Category", "Slow")]
public sealed class RunVariationTests
{
    private static readonly ReferenceCase Vgg = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");

    public static TheoryData<string, string> OneWeightOfEachNetwork =>
        new()
        {
            { "vgg16_narrow.onnx", "conv4_3.weight" },
            { "vgg16_narrow.onnx", "conv5_3.bias" },
            { "resnet_small.onnx", "stem.conv.weight" },
            { "mlp.onnx", "fc1.weight" },
            { "mlp_mse.opset17.onnx", "l1.weight" },
            { "mlp_bce.opset17.onnx", "l2.weight" },
            { "residual_silu_ce.opset17.onnx", "stem.weight" },
            { "transformer_ce.opset17.onnx", "v.weight" },
            { "lstm_steps_first_ce.opset17.onnx", "lstm.weight_hh_l0" },
            { "attention_module_ce.opset17.onnx", "a.in_proj_weight" },
        };

    [Theory]
    [MemberData(nameof(OneWeightOfEachNetwork))]
    public void Batches_of_one_or_three_samples_give_what_all_samples_at_once_give(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        foreach (var size in entry.BatchSizes)
            Close.To(entry, entry.Run(options: new CurvatureRunOptions { BatchSize = size }));
    }

    [Fact]
    public void A_batch_smaller_than_the_models_own_is_refused()
    {
        var entry = ReferenceTable.Find("mlp_mse.opset17.onnx", "l1.weight");
        var error = Assert.Throws<UserErrorException>(() => entry.Run(options: new CurvatureRunOptions { BatchSize = 1 }));
        Assert.StartsWith("--batch-size 1 was asked for, and the model takes batches of ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 1.0)]
    [InlineData("resnet_small.onnx", "stem.conv.weight", 1.0)]
    [InlineData("resnet_small.onnx", "fc.bias", 1.0)]
    [InlineData("mlp.onnx", "fc1.weight", 0.7)]
    [InlineData("mlp_mse.opset17.onnx", "l1.weight", 0.7)]
    [InlineData("mlp_bce.opset17.onnx", "l2.weight", 0.7)]
    [InlineData("residual_silu_ce.opset17.onnx", "stem.weight", 0.03)]
    [InlineData("transformer_ce.opset17.onnx", "v.weight", 0.05)]
    public void Less_memory_than_all_directions_take_is_kept_to_by_chunks_that_give_the_same(string model, string weight, double share)
    {
        var entry = ReferenceTable.Find(model, weight);
        PreparedRun Prepare(long bytes) =>
            CurvatureEngine.Prepare(entry.ModelPath, entry.Request, entry.Data(), new CurvatureRunOptions { ChunkBytes = bytes });
        var peak = Prepare(1L << 30).Methods.Max(method => method.MemoryBytes);
        var limit = (long)(share * peak) - 1;
        var run = Prepare(limit);
        Assert.Contains(run.Methods, method => method.ChunkSize < method.Directions);
        Assert.All(run.Methods, method => Assert.InRange(method.MemoryBytes, 0, limit), throwIfEmpty: true);
        Close.To(entry, run.Run(null, CancellationToken.None));
    }

    [Theory]
    [InlineData("[7]", 7, 8)]
    [InlineData("[3:9]", 3, 9)]
    [InlineData("[-2:]", 14, 16)]
    public void Rows_of_a_weight_are_those_rows_of_the_whole(string range, int start, int end)
    {
        var name = Vgg.Weight + range;
        var result = Vgg.Run(Vgg.Request with { WithRespectTo = [name] });
        Assert.All(
            [Quantity.Gradient, Quantity.HessianDiagonal, Quantity.GgnDiagonal],
            quantity =>
            {
                var whole = Vgg.Reference(quantity);
                var row = whole.Length / 16;
                var tensor = result.Tensors.Single(tensor => tensor.Name == quantity.OutputName(name));
                Assert.Equal(end - start == 1 ? [16, 3, 3] : [end - start, 16, 3, 3], tensor.Shape);
                Close.To(quantity, whole[(start * row)..(end * row)], tensor.Values);
            },
            throwIfEmpty: true
        );
    }

    [Theory]
    [MemberData(nameof(OneWeightOfEachNetwork))]
    public void The_sum_is_the_mean_times_what_it_is_taken_over(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        var result = entry.Run(entry.Request with { Reduction = Reduction.Sum });
        var data = entry.Data();
        var terms = entry.Loss.Kind == LossKind.CrossEntropy ? data["labels"].Shape[0] : data["target"].Count;
        Assert.All(
            ReferenceCase.Quantities,
            quantity =>
                Close.To(
                    quantity,
                    [.. entry.Reference(quantity).Select(value => value * terms)],
                    Close.Values(result, quantity.OutputName(weight))
                ),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void Several_weights_at_once_give_what_each_alone_gives()
    {
        var entries = ReferenceTable.All.Where(entry => entry.Model == "resnet_small.onnx").ToArray();
        var result = entries[0].Run(entries[0].Request with { WithRespectTo = [.. entries.Select(entry => entry.Weight)] });
        Assert.All(entries, entry => Close.To(entry, result), throwIfEmpty: true);
    }
}
