using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Runtimes;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Plans at the sizes of real networks; nothing is run.</summary>
public sealed class FullSizePlanTests
{
    [Fact]
    public void The_first_dense_layer_of_VGG16_needs_thousands_of_directions_also_with_a_smooth_activation_after_it()
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
        var graph = new ModelGraph(
            b,
            [x],
            [new NamedValue("logits", logits)],
            weights.ToDictionary(weight => weight.Name!, weight => weight),
            [.. weights]
        );
        var plan = new Planner(
            graph,
            new CurvatureRequest { WithRespectTo = ["fc6"], Loss = new LossRequest(LossKind.CrossEntropy) },
            new PlanLimits()
        ).Plan();
        var taken = plan.Methods[0];
        Assert.Equal(4096L * 25088, taken.Shape.Elements.Factor);
        Assert.Contains(
            taken.Candidates,
            way => way is { Directions: 4096, Verdict: "exact, and dearer" } or { Directions: 4096, At: "fc6" }
        );
        Assert.Equal(4096 + 1000, taken.Directions);
        Assert.InRange(taken.Candidates.Max(way => way.Flops) / taken.Flops, 340_000, 360_000);
    }

    [Theory]
    // The limit of the process in MiB, and the directions, the operations and the peak in MiB that are taken within it: with less memory
    // fewer directions are taken in masked products, for which weights are gathered anew for each chunk, and with less than that products
    // are not masked.
    [InlineData(3072, 1000, 849e9, 1800)]
    [InlineData(2048, 1000, 849e9, 1800)]
    [InlineData(1536, 334, 1000e9, 1500)]
    [InlineData(1280, 72, 3300e9, 1250)]
    public void With_less_memory_the_kernel_of_VGG16_takes_fewer_directions_at_a_time(
        long mebibytes,
        int directions,
        double flops,
        double peak
    )
    {
        using var folder = new TemporaryFolder();
        var dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 1);
        var model = OnnxModel.Load(FullSizeVgg16.Save(folder), new LoadOptions { Dims = dimensions, Oracle = new OrtShapeOracle() });
        var request = new CurvatureRequest
        {
            WithRespectTo = ["conv4_3.weight"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.HessianDiagonal],
        };
        var budget = new MemoryBudget(new MemoryBound(mebibytes << 20, null), severalBatches: false);
        var plan = budget.Plan(chunk =>
            new Planner(model.Graph, request, new PlanLimits { MemoryBytes = chunk, Dimensions = dimensions }).Plan()
        );
        var bytes = budget.PeakBytes(plan.Program, plan.MemoryBytes, plan.Flops) / (1 << 20);
        Assert.InRange(bytes, 0, mebibytes);
        // Weights that stay mapped for all sessions take more, but no more than all of them twice.
        var shared = budget.PeakBytes(plan.Program, plan.MemoryBytes, plan.Flops, sharesWeights: true) / (1 << 20);
        var weights = model.Graph.Weights.Sum(weight => (double)sizeof(float) * weight.Type.Shape.Elements.Factor) / (1 << 20);
        Assert.InRange(shared, bytes, bytes + 2 * weights);
        Assert.Multiple(() => Assert.Equal(peak, bytes, 0.01 * peak), () => Assert.Equal(flops, plan.Flops, 0.02 * flops));
        Assert.Equal(directions, plan.Methods[0].ChunkSize);
    }
}
