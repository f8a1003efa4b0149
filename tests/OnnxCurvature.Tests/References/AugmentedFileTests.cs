using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>The file that an augmentation writes gives the references on ONNX Runtime alone, and through the engine.</summary>
[Trait("Category", "Slow")]
public sealed class AugmentedFileTests
{
    [Theory]
    [MemberData(nameof(RunVariationTests.OneWeightOfEachNetwork), MemberType = typeof(RunVariationTests))]
    public void ONNX_Runtime_alone_gives_the_references(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        Compare(entry, PlainSession.Run(Augment(entry, folder).Path, entry.Data()));
    }

    [Theory]
    [MemberData(nameof(RunVariationTests.OneWeightOfEachNetwork), MemberType = typeof(RunVariationTests))]
    public void The_engine_runs_an_augmented_file_batch_by_batch(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var path = Augment(entry, folder).Path;
        foreach (var size in entry.BatchSizes)
            Close.To(
                entry,
                CurvatureEngine
                    .Prepare(path, null, entry.Data(), new CurvatureRunOptions { BatchSize = size })
                    .Run(null, CancellationToken.None)
            );
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight")]
    [InlineData("resnet_small.onnx", "stem.conv.weight")]
    [InlineData("residual_silu_ce.opset17.onnx", "stem.weight")]
    [InlineData("transformer_ce.opset17.onnx", "v.weight")]
    [InlineData("lstm_steps_first_ce.opset17.onnx", "lstm.weight_hh_l0")]
    public void The_engine_runs_the_chunks_of_an_augmented_file_one_after_another(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var report = Augment(entry, folder);
        while (report.Methods.All(method => method.ChunkSize == method.Directions))
            report = Augment(
                entry,
                folder,
                options: new AugmentOptions
                {
                    Limits = new PlanLimits { MemoryBytes = (long)(0.8 * report.Methods.Max(method => method.MemoryBytes)) },
                }
            );
        var graph = new ModelSource(report.Path, null).Load().Graph;
        var program = Ir.Program.Create(graph.Inputs, graph.Outputs.Where(output => report.Outputs.Contains(output.Name)));
        Assert.Contains(ProgramSchedule.Of(program).Steps, step => step is LoopStep { Iterations: > 1 });
        Close.To(
            entry,
            CurvatureEngine.Prepare(report.Path, null, entry.Data(), new CurvatureRunOptions()).Run(null, CancellationToken.None)
        );
    }

    [Theory]
    // The number of gathered entries is known only when the file runs, also in the bodies of its loops.
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 1L << 30)]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 200_000L)]
    [InlineData("resnet_small.onnx", "block2.conv1.weight", 1L << 30)]
    public void Files_with_products_at_nonzero_channels_are_run(string model, string weight, long bytes)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var limits = new PlanLimits { MasksProducts = true, MemoryBytes = bytes };
        var ofAll = Augment(entry, folder, "all.onnx", new AugmentOptions { Limits = limits }).Path;
        Compare(entry, PlainSession.Run(ofAll, entry.Data()));
        Close.To(entry, CurvatureEngine.Prepare(ofAll, null, entry.Data(), new CurvatureRunOptions()).Run(null, CancellationToken.None));
        // Of one sample the dense layers are gathered from, too, and Gram matrices are contracted at nonzero positions.
        var ofOne = Augment(
            entry,
            folder,
            "one.onnx",
            new AugmentOptions { Limits = limits, Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 1) }
        ).Path;
        var data = entry.Data().ToDictionary(input => input.Key, input => input.Value.Slice(0, 0, 1));
        var result = CurvatureEngine.Prepare(ofOne, null, data, new CurvatureRunOptions()).Run(null, CancellationToken.None);
        var whole = CurvatureEngine
            .Prepare(entry.ModelPath, entry.Request, data, new CurvatureRunOptions())
            .Run(null, CancellationToken.None);
        Assert.All(
            whole.Tensors,
            tensor =>
                Assert.InRange(
                    ReferenceCase.Error(result.Tensors.Single(other => other.Name == tensor.Name).Values, tensor.Values),
                    0,
                    1e-5
                ),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight")]
    [InlineData("resnet_small.onnx", "stem.conv.weight")]
    [InlineData("vgg_narrow_ce.opset13.onnx", "conv2.weight")]
    public void Weights_may_lie_in_the_old_file_beside_the_new_one_or_inside_it(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var copied = entry with { ModelPath = folder.File(model) };
        File.Copy(entry.ModelPath, copied.ModelPath);

        var reference = Augment(copied, folder, "reference.onnx");
        Assert.Contains("stay in", reference.WeightPlacement, StringComparison.Ordinal);
        var embedded = Augment(copied, folder, "embedded.onnx", new AugmentOptions { Embed = true });
        Assert.Contains("inside the file", embedded.WeightPlacement, StringComparison.Ordinal);
        using var elsewhere = new TemporaryFolder();
        var beside = Augment(copied, elsewhere, "beside.onnx");
        Assert.Contains("beside the file", beside.WeightPlacement, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(elsewhere.Path, "beside.onnx.*.data"));

        Compare(entry, PlainSession.Run(reference.Path, entry.Data()));
        File.Delete(copied.ModelPath);
        Compare(entry, PlainSession.Run(embedded.Path, entry.Data()));
        Compare(entry, PlainSession.Run(beside.Path, entry.Data()));
    }

    [Fact]
    public void Weights_too_small_to_be_worth_a_reference_are_said_to_be_inside_the_file()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var report = Augment(entry, folder);
        Assert.Contains("inside the file", report.WeightPlacement, StringComparison.Ordinal);
        Assert.Equal([report.Path], Directory.GetFiles(folder.Path));
        Compare(entry, PlainSession.Run(report.Path, entry.Data()));
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 13)]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 17)]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 21)]
    [InlineData("vgg_narrow_ce.opset13.onnx", "conv2.weight", 13)]
    [InlineData("vgg_narrow_ce.opset13.onnx", "conv2.weight", 17)]
    [InlineData("mlp.onnx", "fc1.weight", 13)]
    [InlineData("mlp.onnx", "fc1.weight", 17)]
    [InlineData("transformer_ce.opset17.onnx", "o.weight", 21)]
    public void Any_opset_that_can_say_the_program_gives_the_references(string model, string weight, int opset)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var report = Augment(entry, folder, options: new AugmentOptions { Opset = opset });
        Assert.Equal(opset, report.Opset);
        Compare(entry, PlainSession.Run(report.Path, entry.Data()));
    }

    [Theory]
    [InlineData("vgg_narrow_ce.opset13.onnx", "conv2.weight", 13)]
    [InlineData("mlp.onnx", "fc1.weight", 17)]
    public void The_model_s_own_opset_is_kept(string model, string weight, int opset)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(opset, Augment(ReferenceTable.Find(model, weight), folder).Opset);
    }

    [Fact]
    public void The_old_outputs_stay_as_they_were()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        var before = PlainSession.Run(entry.ModelPath, entry.Data())["logits"];
        var after = PlainSession.Run(Augment(entry, folder).Path, entry.Data())["logits"];
        Assert.InRange(ReferenceCase.Error(after, before), 0, 1e-6);
    }

    [Fact]
    public void One_file_serves_any_number_of_samples()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("resnet_small.onnx", "block2.conv1.weight");
        var path = Augment(entry, folder).Path;
        var halves = new[] { (0, 1), (1, 4) }
            .Select(rows =>
                (
                    Share: (rows.Item2 - rows.Item1) / 4.0,
                    Results: PlainSession.Run(
                        path,
                        entry.Data().ToDictionary(input => input.Key, input => input.Value.Slice(0, rows.Item1, rows.Item2))
                    )
                )
            )
            .ToArray();
        Assert.All(
            ReferenceCase.Quantities,
            quantity =>
            {
                var name = quantity.OutputName(entry.Weight);
                var mean = halves[0]
                    .Results[name]
                    .Zip(halves[1].Results[name], (first, second) => halves[0].Share * first + halves[1].Share * second);
                Close.To(entry, quantity, [.. mean]);
            },
            throwIfEmpty: true
        );
    }

    private static AugmentReport Augment(
        ReferenceCase entry,
        TemporaryFolder folder,
        string name = "augmented.onnx",
        AugmentOptions? options = null
    ) => CurvatureEngine.Augment(entry.ModelPath, entry.Request, folder.File(name), options ?? new AugmentOptions());

    private static void Compare(ReferenceCase entry, Dictionary<string, double[]> outputs) =>
        Assert.All(
            ReferenceCase.Quantities,
            quantity => Close.To(entry, quantity, outputs[quantity.OutputName(entry.Weight)]),
            throwIfEmpty: true
        );
}
