using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>VGG16 layer by layer at its full size, in a file of some kilobytes: weights are made by ConstantOfShape.</summary>
internal static class FullSizeVgg16
{
    private static readonly int[][] Stages =
    [
        [64, 64],
        [128, 128],
        [256, 256, 256],
        [512, 512, 512],
        [512, 512, 512],
    ];

    /// <summary>Writes the model and gives its path.</summary>
    public static string Save(TemporaryFolder folder)
    {
        var graph = new GraphProto
        {
            Name = "vgg16",
            Input = { Info("image", 1, "N", 3, 224, 224) },
            Output = { Info("logits", 1, "N", 1000) },
        };
        var (value, channels) = ("image", 3);
        for (var stage = 0; stage < Stages.Length; stage++)
        {
            for (var layer = 0; layer < Stages[stage].Length; layer++)
            {
                var name = $"conv{stage + 1}_{layer + 1}";
                Weight($"{name}.weight", Stages[stage][layer], channels, 3, 3);
                Weight($"{name}.bias", channels = Stages[stage][layer]);
                Then(Node("Conv", $"{value} {name}.weight {name}.bias", name, Ints("pads", 1, 1, 1, 1), Ints("kernel_shape", 3, 3)));
                Then(Node("Relu", name, $"{name}.relu"));
            }
            Then(Node("MaxPool", value, $"pool{stage + 1}", Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)));
        }
        Then(Node("Flatten", value, "flat"));
        var inputs = 512 * 7 * 7;
        foreach (var (name, outputs) in new[] { ("fc6", 4096), ("fc7", 4096), ("fc8", 1000) })
        {
            Weight($"{name}.weight", outputs, inputs);
            Weight($"{name}.bias", inputs = outputs);
            Then(Node("Gemm", $"{value} {name}.weight {name}.bias", name == "fc8" ? "logits" : name, Int("transB", 1)));
            if (name != "fc8")
                Then(Node("Relu", name, $"{name}.relu"));
        }
        return Model(graph).Save(folder);

        void Weight(string name, params long[] shape)
        {
            graph.Initializer.Add(Integers($"{name}.shape", shape));
            graph.Node.Add(Node("ConstantOfShape", $"{name}.shape", name, Tensor("value", Floats("", 1))));
        }

        void Then(NodeProto node)
        {
            graph.Node.Add(node);
            value = node.Output[0];
        }
    }
}
