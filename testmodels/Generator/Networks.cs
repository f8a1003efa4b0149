namespace OnnxCurvature.TestModels;

/// <summary>The networks of this folder. All end in class scores with the name <c>logits</c>.</summary>
internal static class Networks
{
    // Convolutions of each of VGG16's five stages.
    private static readonly int[] Stages = [2, 2, 3, 3, 3];

    /// <summary>VGG16 of Simonyan and Zisserman: 138 million weights, images of 224 by 224, 1000 classes.</summary>
    /// <remarks>
    /// Of the samplings of images, the first puts a unit of the last ReLU so near to its kink that rounding decides on which side it
    /// is.
    /// </remarks>
    public static Network Vgg16() => Vgg("vgg16", side: 224, channels: [64, 128, 256, 512, 512], hidden: 4096, classes: 1000, sampling: 1);

    /// <summary>VGG16 layer by layer, but with few channels and small images.</summary>
    public static Network Vgg16Narrow() => Vgg("vgg16_narrow", side: 32, channels: [4, 8, 12, 16, 16], hidden: 32, classes: 10);

    /// <summary>VGG16 with all its channels, for images of 32 by 32.</summary>
    public static Network Vgg16OfSmallImages(long classes) =>
        Vgg($"vgg16_32_{classes}", side: 32, channels: [64, 128, 256, 512, 512], hidden: 4096, classes);

    /// <summary>Narrow dense layers with ReLU after one another, about so many nodes in all.</summary>
    public static Network Chain(int nodes)
    {
        var net = new Network($"chain_{nodes}", "features", 8);
        for (var layer = 1; layer <= nodes / 2; layer++)
        {
            net.Dense($"fc{layer}", 8);
            net.Relu($"relu{layer}");
        }
        net.Dense("head", 4, "logits");
        return net;
    }

    /// <summary>A stem and two residual blocks, the second of which halves the sizes and has a projection as its shortcut.</summary>
    public static Network ResnetSmall()
    {
        var net = new Network("resnet_small", "image", 3, 16, 16);
        net.Conv("stem.conv", channels: 6, kernel: 3, bias: false);
        net.BatchNormalization("stem.bn");
        net.Relu("stem.relu");
        Block(net, "block1", channels: 6, stride: 1);
        Block(net, "block2", channels: 10, stride: 2);
        net.GlobalAveragePool("pool");
        net.Flatten("flatten");
        net.Dense("fc", 5, "logits");
        return net;
    }

    /// <summary>Dense layers between smooth activations, where no second derivative vanishes.</summary>
    public static Network Mlp()
    {
        var net = new Network("mlp", "features", 7);
        net.Dense("fc1", 11);
        net.Tanh("tanh1");
        net.Dense("fc2", 9);
        net.Softplus("softplus2");
        net.Dense("fc3", 4, "logits");
        return net;
    }

    private static Network Vgg(string name, long side, long[] channels, long hidden, long classes, int sampling = 0)
    {
        var net = new Network(name, "image", 3, side, side) { Sampling = sampling };
        for (var stage = 1; stage <= Stages.Length; stage++)
        {
            for (var layer = 1; layer <= Stages[stage - 1]; layer++)
            {
                net.Conv($"conv{stage}_{layer}", channels[stage - 1], kernel: 3);
                net.Relu($"relu{stage}_{layer}");
            }
            net.MaxPool($"pool{stage}");
        }
        net.Flatten("flatten");
        net.Dense("fc6", hidden);
        net.Relu("relu6");
        net.Dense("fc7", hidden);
        net.Relu("relu7");
        net.Dense("fc8", classes, "logits");
        return net;
    }

    private static void Block(Network net, string block, long channels, long stride)
    {
        var input = net.Output;
        var shortcut = input;
        if (stride > 1)
        {
            net.Conv($"{block}.shortcut.conv", channels, kernel: 1, stride, bias: false);
            net.BatchNormalization($"{block}.shortcut.bn");
            (shortcut, net.Output) = (net.Output, input);
        }
        net.Conv($"{block}.conv1", channels, kernel: 3, stride, bias: false);
        net.BatchNormalization($"{block}.bn1");
        net.Relu($"{block}.relu1");
        net.Conv($"{block}.conv2", channels, kernel: 3, bias: false);
        net.BatchNormalization($"{block}.bn2");
        net.Add($"{block}.add", shortcut);
        net.Relu($"{block}.relu2");
    }
}
