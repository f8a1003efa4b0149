using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Graphs as long as unrolled loops make them.</summary>
[Trait("Category", "Slow")]
public sealed class LongChainTests
{
    [Theory, InlineData(20_000, false), InlineData(5_000, true)]
    public void A_chain_of_many_nodes_is_augmented(int length, bool second)
    {
        using var folder = new TemporaryFolder();
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w"],
            Loss = new LossRequest(LossKind.Sum),
            Quantities = second ? [Quantity.Gradient, Quantity.HessianDiagonal] : [Quantity.Gradient],
        };
        var report = CurvatureEngine.Augment(Chain(length).Save(folder), request, folder.File("augmented.onnx"), new AugmentOptions());
        Assert.Equal(second ? ["w.gradient", "w.hessian_diagonal"] : ["w.gradient"], report.Outputs);
    }

    /// <summary>x times w, then tanh and a sum with a constant in turns.</summary>
    private static ModelProto Chain(int length)
    {
        var nodes = new NodeProto[length];
        nodes[0] = Node("Mul", "x w", "v0");
        for (var index = 1; index < length; index++)
            nodes[index] = index % 2 == 0 ? Node("Add", $"v{index - 1} c", $"v{index}") : Node("Tanh", $"v{index - 1}", $"v{index}");
        nodes[^1].Output[0] = "y";
        var model = Model(Graph(nodes));
        model.Graph.Input[0] = Info("x", 1, 2, 3);
        model.Graph.Output[0] = Info("y", 1, 2, 3);
        model.Graph.Initializer.Add(Floats("w", 3));
        model.Graph.Initializer.Add(Floats("c", 3));
        return model;
    }
}
