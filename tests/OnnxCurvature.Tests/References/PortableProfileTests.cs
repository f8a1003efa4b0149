using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>A file of the portable profile, called as its metadata say, gives the references on ONNX Runtime alone.</summary>
[Trait("Category", "Slow")]
public sealed class PortableProfileTests
{
    private const string Prefix = "onnx_curvature.";

    public static TheoryData<string> Models => StructureTests.Models;

    [Theory]
    [MemberData(nameof(RunVariationTests.OneWeightOfEachNetwork), MemberType = typeof(RunVariationTests))]
    public void Runs_that_are_added_up_give_the_references(string model, string weight) =>
        CheckSeveralRuns(ReferenceTable.Find(model, weight));

    [Theory]
    [InlineData("mlp_mse.opset17.onnx")]
    [InlineData("mlp_bce.opset17.folded.onnx")]
    [InlineData("mlp.onnx")]
    [InlineData("residual_silu_ce.opset17.onnx")]
    [InlineData("transformer_ce.opset17.onnx")]
    public void Weights_with_different_numbers_of_directions_share_the_runs(string model) =>
        CheckSeveralRuns([.. ReferenceTable.All.Where(entry => entry.Model == model)]);

    [Theory]
    [MemberData(nameof(Models))]
    public void The_file_is_well_formed_and_has_no_control_flow_and_no_new_opset(string model) => CheckForm(model, Precision.Model);

    [Theory]
    [InlineData("residual_silu_ce.opset17.onnx")]
    [InlineData("transformer_ce.opset17.onnx")]
    public void So_is_one_in_float64(string model) => CheckForm(model, Precision.Float64);

    private static void CheckForm(string model, Precision precision)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.All.First(entry => entry.Model == model);
        var report = CurvatureEngine.Augment(
            entry.ModelPath,
            entry.Request with
            {
                Precision = precision,
            },
            folder.File("portable.onnx"),
            new AugmentOptions { Profile = AugmentProfile.Portable }
        );
        Assert.Empty(OnnxChecker.Check(report.Path));
        Assert.InRange(report.Opset, 13, 17);
        Assert.DoesNotContain(OnnxModel.Load(report.Path).Program.Nodes, node => node.Bodies.Any());
        using var session = new InferenceSession(report.Path);
        Assert.Equal(report.CallingConvention, session.ModelMetadata.CustomMetadataMap[Prefix + "calling_convention"]);
        Assert.Equal("portable", session.ModelMetadata.CustomMetadataMap[Prefix + "profile"]);
    }

    [Fact]
    public void The_calling_convention_is_described_in_words()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        string Of(AugmentProfile profile) =>
            CurvatureEngine
                .Augment(entry.ModelPath, entry.Request, folder.File("augmented.onnx"), new AugmentOptions { Profile = profile })
                .CallingConvention;
        const string Inputs =
            " Besides the model's inputs feed 'labels', int64[N]: the class of each sample, from 0 to 9. Of several batches take the "
            + "mean, each weighted with its number of samples.";
        Assert.Equal("Run the file once: every output is a result." + Inputs, Of(AugmentProfile.SingleRun));
        Assert.Equal("Run the file once: every output is a result." + Inputs, Of(AugmentProfile.Portable));
        Assert.Matches(
            "^Run the file [2-9] times with the same inputs, and with 'direction_chunk', an int64 scalar, as (0 and 1|0, 1, \\.\\.\\., "
                + "[2-8])\\. Add up over the runs: 'conv4_3.weight.hessian_diagonal', 'conv4_3.weight.ggn_diagonal'\\. All other outputs "
                + "are the same in every run\\."
                + Regex.Escape(Inputs)
                + "$",
            WithSeveralRuns(entry, entry.Request, folder.File("portable.onnx")).CallingConvention
        );
    }

    [Fact]
    public void An_opset_that_is_not_portable_is_refused()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        var error = Assert.Throws<UserErrorException>(() =>
            CurvatureEngine.Augment(
                entry.ModelPath,
                entry.Request,
                folder.File("augmented.onnx"),
                new AugmentOptions { Profile = AugmentProfile.Portable, Opset = 18 }
            )
        );
        Assert.Equal("Opset 18 was asked for, and --profile portable keeps to opset 17; leave out one of the two.", error.Message);
    }

    [Fact]
    public void The_engine_does_not_run_a_file_of_several_runs()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        WithSeveralRuns(entry, entry.Request, folder.File("augmented.onnx"));
        var error = Assert.Throws<UserErrorException>(() =>
            CurvatureEngine.Prepare(folder.File("augmented.onnx"), null, entry.Data(), new CurvatureRunOptions())
        );
        Assert.Contains("write it with --profile single-run to run it here", error.Message, StringComparison.Ordinal);
    }

    private static void CheckSeveralRuns(params ReferenceCase[] entries)
    {
        using var folder = new TemporaryFolder();
        var report = WithSeveralRuns(
            entries[0],
            entries[0].Request with
            {
                WithRespectTo = [.. entries.Select(entry => entry.Weight)],
            },
            folder.File("portable.onnx")
        );
        Assert.Empty(OnnxChecker.Check(report.Path));
        var (outputs, runs) = Call(report.Path, entries[0].Data());
        Assert.True(runs > 1, "There are several runs.");
        Assert.All(
            entries,
            entry =>
                Assert.All(ReferenceCase.Quantities, quantity => Close.To(entry, quantity, outputs[quantity.OutputName(entry.Weight)])),
            throwIfEmpty: true
        );
    }

    /// <summary>A file that is written with so little memory that there are several runs.</summary>
    private static AugmentReport WithSeveralRuns(ReferenceCase entry, CurvatureRequest request, string path)
    {
        AugmentReport Write(long bytes) =>
            CurvatureEngine.Augment(
                entry.ModelPath,
                request,
                path,
                new AugmentOptions
                {
                    Profile = AugmentProfile.Portable,
                    Limits = new PlanLimits { MemoryBytes = bytes },
                }
            );
        var limit = 1L << 30;
        var report = Write(limit);
        while (report.CallingConvention.StartsWith("Run the file once", StringComparison.Ordinal))
            report = Write(limit = (long)Math.Min(limit * 0.8, report.Methods.Max(method => method.MemoryBytes) - 1));
        return report;
    }

    /// <summary>Calls a file as its metadata say.</summary>
    private static (Dictionary<string, double[]> Outputs, int Runs) Call(string path, Dictionary<string, NpyArray> data)
    {
        using var session = new InferenceSession(path);
        var metadata = session.ModelMetadata.CustomMetadataMap;
        var runs = int.Parse(metadata[Prefix + "runs"], CultureInfo.InvariantCulture);
        var summed = metadata[Prefix + "summed_outputs"].Split('\n');
        Dictionary<string, double[]> outputs = [];
        for (var run = 0; run < runs; run++)
        {
            var fed = new Dictionary<string, NpyArray>(data);
            if (runs > 1)
                fed[metadata[Prefix + "run_input"]] = NpyArray.Of(ElementType.Int64, [], [run]);
            foreach (var (name, values) in PlainSession.Run(path, fed))
                outputs[name] =
                    summed.Contains(name) && outputs.TryGetValue(name, out var sum) ? [.. sum.Zip(values, (a, b) => a + b)] : values;
        }
        return (outputs, runs);
    }
}
