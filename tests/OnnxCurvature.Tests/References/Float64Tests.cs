using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>Results in float64 agree with what PyTorch computed in float64 to nine digits.</summary>
[Trait("Category", "Slow")]
public sealed class Float64Tests
{
    private const double Tolerance = 1e-9;

    [Theory]
    [MemberData(nameof(ReferenceTable.Rows), MemberType = typeof(ReferenceTable))]
    public void A_run_gives_what_PyTorch_gives(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        var result = entry.Run(InFloat64(entry));
        Assert.All(result.Tensors, tensor => Assert.Equal(ElementType.Float64, tensor.Element), throwIfEmpty: true);
        Check(entry, name => Close.Values(result, name));
    }

    [Theory]
    [MemberData(nameof(RunVariationTests.OneWeightOfEachNetwork), MemberType = typeof(RunVariationTests))]
    public void An_augmented_file_gives_it_on_ONNX_Runtime_alone_and_through_the_engine(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        foreach (var embed in (bool[])[false, true])
        {
            var path = folder.File($"augmented{embed}.onnx");
            CurvatureEngine.Augment(entry.ModelPath, InFloat64(entry), path, new AugmentOptions { Embed = embed });
            var plain = PlainSession.Run(path, entry.Data());
            Check(entry, name => plain[name]);
            var result = CurvatureEngine.Prepare(path, null, entry.Data(), new CurvatureRunOptions()).Run(null, CancellationToken.None);
            Check(entry, name => Close.Values(result, name));
        }
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight")]
    [InlineData("resnet_small.onnx", "stem.conv.weight")]
    [InlineData("residual_silu_ce.opset17.onnx", "depth.weight")]
    [InlineData("transformer_ce.opset17.onnx", "q.weight")]
    public void A_model_whose_weights_are_float64_needs_no_option(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find(model, weight);
        var wide = entry with { ModelPath = folder.File(model) };
        File.WriteAllBytes(wide.ModelPath, Widened(File.ReadAllBytes(entry.ModelPath)));
        var result = wide.Run();
        Assert.All(result.Tensors, tensor => Assert.Equal(ElementType.Float64, tensor.Element), throwIfEmpty: true);
        // Of a constant such as √2 the float32 file kept seven digits, and the float64 file is made of that.
        Check(entry, name => Close.Values(result, name), model.StartsWith("transformer", StringComparison.Ordinal) ? 1e-7 : Tolerance);
    }

    [Fact]
    public void Less_memory_than_all_directions_take_is_kept_to()
    {
        var entry = ReferenceTable.Find("residual_silu_ce.opset17.onnx", "stem.weight");
        PreparedRun Prepare(long bytes) =>
            CurvatureEngine.Prepare(entry.ModelPath, InFloat64(entry), entry.Data(), new CurvatureRunOptions { ChunkBytes = bytes });
        var limit = (long)(0.05 * Prepare(1L << 30).Methods.Max(method => method.MemoryBytes));
        var run = Prepare(limit);
        Assert.All(run.Methods, method => Assert.InRange(method.MemoryBytes, 0, limit), throwIfEmpty: true);
        Assert.Contains(run.Methods, method => method.ChunkSize < method.Directions);
        var result = run.Run(null, TestContext.Current.CancellationToken);
        Check(entry, name => Close.Values(result, name));
    }

    [Fact]
    public void Data_in_float64_are_not_rounded()
    {
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var data = entry.Data();
        data["features"] = NpyArray.Of(
            ElementType.Float64,
            data["features"].Shape,
            Array.ConvertAll(data["features"].ToDoubles(), value => value * (1 + 1e-10))
        );
        double Loss(Dictionary<string, NpyArray> arrays) =>
            Close.Values(
                CurvatureEngine
                    .Prepare(entry.ModelPath, InFloat64(entry), arrays, new CurvatureRunOptions())
                    .Run(null, CancellationToken.None),
                "loss"
            )[0];
        Assert.NotEqual(Loss(entry.Data()), Loss(data));
    }

    [Fact]
    public void A_note_says_what_a_number_of_a_formula_is_taken_for()
    {
        var entry = ReferenceTable.Find("transformer_ce.opset17.onnx", "q.weight");
        var notes = CurvatureEngine.Prepare(entry.ModelPath, InFloat64(entry), entry.Data(), new CurvatureRunOptions()).Notes;
        Assert.Contains(notes, note => note.Contains("1.4142135623730951", StringComparison.Ordinal));
        Assert.Contains(notes, note => note.Contains("computed in float64", StringComparison.Ordinal));
    }

    [Fact]
    public void The_verifier_checks_results_in_float64()
    {
        var entry = ReferenceTable.Find("residual_silu_ce.opset17.onnx", "depth.weight");
        var report = CurvatureEngine.Verify(
            entry.ModelPath,
            InFloat64(entry),
            entry.Data(),
            new CurvatureRunOptions(),
            4,
            1,
            null,
            CancellationToken.None
        );
        Assert.NotEmpty(report.Entries);
        Assert.All(report.Entries, checkedEntry => Assert.True(checkedEntry.Agrees, checkedEntry.ToString()), throwIfEmpty: true);
    }

    private static CurvatureRequest InFloat64(ReferenceCase entry) => entry.Request with { Precision = Precision.Float64 };

    private static void Check(ReferenceCase entry, Func<string, double[]> values, double tolerance = Tolerance) =>
        Assert.All(
            ReferenceCase.Quantities,
            quantity =>
                Assert.InRange(ReferenceCase.Error(values(quantity.OutputName(entry.Weight)), entry.Reference(quantity)), 0, tolerance),
            throwIfEmpty: true
        );

    /// <summary>A model file with every float32 tensor, input and output in float64, made without the compiler.</summary>
    private static byte[] Widened(byte[] file)
    {
        var model = ModelProto.Parser.ParseFrom(file);
        foreach (
            var tensor in model
                .Graph.Initializer.Concat(model.Graph.Node.SelectMany(node => node.Attribute).Select(attribute => attribute.T))
                .Where(tensor => tensor is { DataType: 1 })
        )
        {
            var count = (int)tensor.Dims.Aggregate(1L, (product, size) => product * size);
            var floats =
                tensor.FloatData.Count > 0
                    ? [.. tensor.FloatData]
                    : Enumerable.Range(0, count).Select(index => BitConverter.ToSingle(tensor.RawData.Span[(4 * index)..])).ToArray();
            tensor.DataType = 11;
            tensor.FloatData.Clear();
            tensor.RawData = Google.Protobuf.ByteString.CopyFrom([.. floats.SelectMany(value => BitConverter.GetBytes((double)value))]);
        }
        foreach (var value in model.Graph.Input.Concat(model.Graph.Output).Concat(model.Graph.ValueInfo))
            if (value.Type.TensorType.ElemType == 1)
                value.Type.TensorType.ElemType = 11;
        return Google.Protobuf.MessageExtensions.ToByteArray(model);
    }
}
