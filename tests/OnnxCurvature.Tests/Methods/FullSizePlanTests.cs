using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Onnx;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>What plans come to at the sizes of real networks; nothing is run.</summary>
public sealed class FullSizePlanTests
{
    [Fact]
    public void The_first_dense_layer_of_VGG16_needs_thousands_of_columns_also_with_a_smooth_activation_after_it()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [1, 25088]), "x");
        var weights = new List<Value>();
        Value Layer(string name, Value input, long outputs)
        {
            weights.Add(b.Constant(new FilledConstant(new TensorType(ElementType.Float32, [outputs, input.Type.Shape[1]]), 1e-3), name));
            return Catalogue.Get<Gemm>().Apply(b, [input, weights[^1]], Attributes.Empty.With("transB", 1L)).Output;
        }

        Value Smooth(Value input) => Catalogue.Get<Gelu>().Apply(b, [input]).Output;
        var logits = Layer("fc8", Smooth(Layer("fc7", Smooth(Layer("fc6", x, 4096)), 4096)), 1000);
        var graph = new ModelGraph(b, [x], [new NamedValue("logits", logits)], weights.ToDictionary(weight => weight.Name!, weight => weight), [.. weights]);
        var plan = new Planner(graph, new CurvatureRequest { WithRespectTo = ["fc6"], Loss = new LossRequest(LossKind.CrossEntropy) }, new PlanLimits()).Plan();
        var taken = plan.Methods[0];
        Assert.Equal(4096L * 25088, taken.Shape.Elements.Factor);
        Assert.Contains(taken.Candidates, way => way is { Columns: 4096, Verdict: "exact, and dearer" } or { Columns: 4096, At: "fc6" });
        Assert.InRange(taken.Columns, 1, 4096 + 1000);
        Assert.InRange(taken.Flops, 0, taken.Candidates.Max(way => way.Flops) / 10_000);
    }
}
