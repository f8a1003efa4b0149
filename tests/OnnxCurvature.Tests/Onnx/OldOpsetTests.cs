using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

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
