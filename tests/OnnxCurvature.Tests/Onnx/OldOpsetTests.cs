using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using OnnxCurvature.Tests.Runtimes;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Forms of operators that opset 11 has otherwise give the same there on ONNX Runtime.</summary>
public sealed class OldOpsetTests
{
    [Fact]
    public void A_softmax_along_an_axis_within_is_moved_to_the_last_one() =>
        Compare((b, x) => Catalogue.Get<Softmax>().Apply(b, [x], Attributes.Empty.With("axis", 1L)).Output);

    [Fact]
    public void A_resize_to_sizes_has_an_empty_region_and_empty_factors() =>
        Compare((b, x) => Catalogue.Get<Resize>().Apply(b, [x, null, null, b.Vector(2, 3, 4, 6)]).Output);

    /// <summary>Operators that came after the opset are put together from older ones: the reference is ONNX Runtime's kernel.</summary>
    [Theory]
    [InlineData("HardSwish", "", null)]
    [InlineData("HardSwish", "", 11)]
    [InlineData("Gelu", "none", null)]
    [InlineData("Gelu", "none", 11)]
    [InlineData("Gelu", "tanh", null)]
    [InlineData("Gelu", "tanh", 11)]
    [InlineData("Mish", "", null)]
    [InlineData("Mish", "", 11)]
    [InlineData("Trilu", "", 11)]
    public void A_portable_file_has_newer_operators_put_together_from_older_ones(string operation, string approximate, int? opset)
    {
        using var folder = new TemporaryFolder();
        var node = Node(operation, "x", "y", approximate.Length > 0 ? [Text("approximate", approximate)] : []);
        var graph = Graph(node);
        graph.Input[0] = Info("x", 1, 3, 3);
        graph.Output[0] = Info("y", 1, 3, 3);
        var model = Model(graph, 20).Save(folder);
        var data = new Dictionary<string, NpyArray>
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [3, 3], [-7, -3, -1.5, -0.25, 0, 0.5, 2, 3, 7]),
        };
        double[] Of(AugmentOptions options)
        {
            var report = CurvatureEngine.Augment(model, EngineFile.GradientOfX, folder.File("out.onnx"), options);
            Assert.Empty(OnnxChecker.Check(report.Path));
            Assert.InRange(report.Opset, opset ?? 1, opset ?? (options.Profile == AugmentProfile.Portable ? 17 : 21));
            var outputs = PlainSession.Run(report.Path, data);
            return [.. outputs["y"], .. outputs["x.gradient"]];
        }
        var written = Of(new AugmentOptions { Profile = AugmentProfile.Portable, Opset = opset });
        opset = null;
        var expected = Of(new AugmentOptions());
        Assert.All(expected.Zip(written), pair => Assert.Equal(pair.First, pair.Second, 1e-6), throwIfEmpty: true);
    }

    private static void Compare(Func<GraphBuilder, Value, Value> build)
    {
        using var folder = new TemporaryFolder();
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2, 3, 2, 2]), "x");
        var program = b.Build([x], [new("y", build(b, x))]);
        var data = new Dictionary<string, NpyArray>
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [2, 3, 2, 2], [.. Enumerable.Range(0, 24).Select(index => Math.Sin(index))]),
        };
        double[] Of(int opset)
        {
            var path = OnnxWriter.Write(program, folder.File($"{opset}.onnx"), new WriteOptions { Opset = opset }).Path;
            Assert.Empty(OnnxChecker.Check(path));
            return PlainSession.Run(path, data)["y"];
        }
        var old = Of(11);
        Assert.All(Of(13).Zip(old), pair => Assert.Equal(pair.First, pair.Second, 1e-6), throwIfEmpty: true);
    }
}
