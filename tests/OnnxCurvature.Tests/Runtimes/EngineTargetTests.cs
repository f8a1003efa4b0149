using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Sampling;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>Files for an engine hold what it takes, or are refused with the node that it does not take.</summary>
public sealed class EngineTargetTests
{
    [Fact]
    public void A_portable_file_has_no_slice_with_a_negative_step()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, "vgg16_narrow.onnx", "conv4_3.weight", new AugmentOptions { Profile = AugmentProfile.Portable });
        var slices = OnnxModel.Load(path).Program.Nodes.Where(node => node.Operator is Slice).ToArray();
        Assert.NotEmpty(slices);
        Assert.All(
            slices,
            slice => Assert.DoesNotContain(slice.Input(4)?.Constant?.Read().Integers ?? [], step => step < 0),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("tensorrt", true)]
    [InlineData("tensorrt", false)]
    [InlineData("web", false)]
    public void A_file_for_an_engine_without_positions_of_poolings_does_not_ask_for_them(string target, bool hasSamples)
    {
        using var folder = new TemporaryFolder();
        var dimensions = hasSamples ? Samples(3) : ImmutableDictionary<string, long>.Empty;
        var options = new AugmentOptions { Target = target, Dimensions = dimensions };
        var path = Write(folder, "vgg16_narrow.onnx", "conv4_3.weight", options);
        Assert.All(
            OnnxModel.Load(path).Program.Nodes.Where(node => node.Operator is MaxPool),
            pooling => Assert.Single(pooling.Outputs),
            throwIfEmpty: true
        );
        Check("vgg16_narrow.onnx", "conv4_3.weight", path);
    }

    /// <summary>OpenCV 4.13 divides by zero, or fails otherwise, where weights lie in another file.</summary>
    [Fact]
    public void A_file_for_OpenCV_holds_its_weights()
    {
        using var folder = new TemporaryFolder();
        var options = new AugmentOptions { Target = "opencv", Dimensions = Samples(3) };
        var path = Write(folder, "vgg16_narrow.onnx", "fc8.weight", options);
        Assert.Equal([path], OnnxModel.Load(path).Files);
    }

    /// <summary>OpenCV 4.13 does not read activations of weights alone.</summary>
    [Theory, InlineData("Relu"), InlineData("LeakyRelu"), InlineData("Elu"), InlineData("Tanh"), InlineData("Abs"), InlineData("Neg")]
    public void A_file_for_OpenCV_puts_an_activation_of_weights_together(string activation)
    {
        using var folder = new TemporaryFolder();
        var graph = new GraphProto
        {
            Name = "activation",
            Input = { ModelBytes.Info("x", 1, 2, 5) },
            Output = { ModelBytes.Info("z", 1, 2, 5) },
            Initializer = { ModelBytes.Weight("w", [1, 5], index => (index - 2) * 0.75) },
            Node = { ModelBytes.Node(activation, "w", "a"), ModelBytes.Node("Mul", "x a", "z") },
        };
        var model = ModelBytes.Model(graph).Save(folder);
        var x = new Dictionary<string, NpyArray> { ["x"] = NpyArray.Of(ElementType.Float32, [2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) };
        double[] GradientOf(string path, string? target) =>
            PlainSession.Run(CurvatureEngine.Augment(model, EngineFile.GradientOfX, path, new AugmentOptions { Target = target }).Path, x)[
                "x.gradient"
            ];
        var plain = GradientOf(folder.File("plain.onnx"), null);
        var found = GradientOf(folder.File("opencv.onnx"), "opencv");
        Assert.DoesNotContain(OnnxModel.Load(folder.File("opencv.onnx")).Program.Nodes, node => node.Operator.Name == activation);
        Assert.All(plain.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6), throwIfEmpty: true);
        Assert.Contains(plain, value => value != 0);
    }

    /// <summary>A Hessian of cross-entropy by logits is that of probabilities alone; OpenCV 4.13 refuses inputs without uses.</summary>
    [Fact]
    public void A_file_for_OpenCV_has_no_labels_where_no_result_depends_on_them()
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var request = entry.Request with { WithRespectTo = ["fc3.bias"], Quantities = [Quantity.HessianDiagonal] };
        AugmentReport Written(string name, string? target) =>
            CurvatureEngine.Augment(
                entry.ModelPath,
                request,
                folder.File(name),
                new AugmentOptions { Target = target, Dimensions = Samples(4) }
            );
        var (plain, file) = (Written("plain.onnx", null), Written("opencv.onnx", "opencv"));
        Assert.Single(plain.NewInputs);
        Assert.Empty(file.NewInputs);
        Assert.Contains("OpenCV 4.13, module DNN takes no input that nothing depends on: 'labels' is left out.", file.Notes);
        Assert.DoesNotContain("labels", file.CallingConvention, StringComparison.Ordinal);
        var data = entry.Data();
        var expected = PlainSession.Run(plain.Path, data)["fc3.bias.hessian_diagonal"];
        data.Remove("labels");
        var found = PlainSession.Run(file.Path, data)["fc3.bias.hessian_diagonal"];
        Assert.InRange(ReferenceCase.Error(found, expected), 0, 1e-6);
    }

    /// <summary>OpenCV 4.13 convolves no constant.</summary>
    [Fact]
    public void A_file_for_OpenCV_multiplies_where_a_constant_is_convolved()
    {
        using var folder = new TemporaryFolder();
        var graph = new GraphProto
        {
            Name = "convolution",
            Input = { ModelBytes.Info("x", 1, 1, 2, 3, 3) },
            Output = { ModelBytes.Info("z", 1, 1, 2, 3, 3) },
            Initializer =
            {
                ModelBytes.Weight("c", [1, 1, 4, 4], index => Math.Sin(index + 1)),
                ModelBytes.Weight("w", [2, 1, 2, 2], index => Math.Cos(index + 1)),
            },
            Node = { ModelBytes.Node("Conv", "c w", "y"), ModelBytes.Node("Mul", "x y", "z") },
        };
        var model = ModelBytes.Model(graph).Save(folder);
        var x = new Dictionary<string, NpyArray>
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [1, 2, 3, 3], [.. Enumerable.Repeat(1.0, 18)]),
        };
        double[] GradientOf(string path, string? target) =>
            PlainSession.Run(CurvatureEngine.Augment(model, EngineFile.GradientOfX, path, new AugmentOptions { Target = target }).Path, x)[
                "x.gradient"
            ];
        var expected = GradientOf(folder.File("plain.onnx"), null);
        var found = GradientOf(folder.File("opencv.onnx"), "opencv");
        Assert.DoesNotContain(OnnxModel.Load(folder.File("opencv.onnx")).Program.Nodes, node => node.Operator.Name == "Conv");
        Assert.InRange(ReferenceCase.Error(found, expected), 0, 1e-6);
    }

    [Theory]
    [InlineData("openvino")]
    [InlineData("coreml")]
    [InlineData("web")]
    [InlineData("tensorrt")]
    public void Files_for_other_engines_give_the_references_on_ONNX_Runtime(string target)
    {
        using var folder = new TemporaryFolder();
        var options = new AugmentOptions { Target = target, Dimensions = Samples(4) };
        Check("resnet_small.onnx", "stem.conv.weight", Write(folder, "resnet_small.onnx", "stem.conv.weight", options));
    }

    [Fact]
    public void A_name_of_no_engine_is_refused_with_the_nearest()
    {
        var error = Assert.Throws<UserErrorException>(() => new AugmentOptions { Target = "tensor-rt" });
        Assert.Equal(
            "There is no engine 'tensor-rt' that files can be written for; the nearest is 'tensorrt', and all are coreml, opencv, "
                + "openvino, tensorrt, web.",
            error.Message
        );
    }

    [Fact]
    public void Nodes_that_run_elsewhere_are_listed()
    {
        using var folder = new TemporaryFolder();
        var report = Augment(folder, "mlp.onnx", "fc1.weight", new AugmentOptions { Target = "coreml" });
        Assert.Contains("Core ML, as a provider of ONNX Runtime: 3 nodes of Abs run on the CPU.", report.Notes);
    }

    [Fact]
    public void An_engine_that_needs_sizes_says_which_one_is_missing()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<UserErrorException>(() =>
            Augment(folder, "mlp.onnx", "fc1.weight", new AugmentOptions { Target = "opencv" })
        );
        Assert.Equal(
            "OpenCV 4.13, module DNN needs all sizes as numbers, and 'features' is float32[N,7]; give --dim N=SIZE.",
            error.Message
        );
    }

    [Fact]
    public void An_engine_of_float32_refuses_float64()
    {
        using var folder = new TemporaryFolder();
        var options = new AugmentOptions { Target = "opencv", Dimensions = Samples(4) };
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var error = Assert.Throws<UserErrorException>(() =>
            CurvatureEngine.Augment(entry.ModelPath, entry.Request with { Precision = Precision.Float64 }, folder.File("a.onnx"), options)
        );
        Assert.StartsWith("OpenCV 4.13, module DNN computes in float32 only, and ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mlp.onnx", "fc1.weight")]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight")]
    [InlineData("resnet_small.onnx", "stem.conv.weight")]
    [InlineData("lstm_steps_first_ce.opset17.onnx", "lstm.weight_hh_l0")]
    [InlineData("transformer_ce.opset17.onnx", "v.weight")]
    public void Opset_11_can_be_asked_for(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        foreach (var opset in new[] { OpsetRange.LowestOnRequest, 12 })
        {
            var path = Write(folder, model, weight, new AugmentOptions { Profile = AugmentProfile.Portable, Opset = opset });
            Assert.Empty(OnnxChecker.Check(path));
            Assert.Equal(opset, OnnxModel.Load(path).Opset);
            Check(model, weight, path);
        }
    }

    [Fact]
    public void A_node_that_opset_11_lacks_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [1, 1, 3, 3]), "x");
        var grid = b.Constant(Tensor.Filled(ElementType.Float32, [1, 2, 2, 2], 0.25));
        OnnxWriter.Write(b.Build([x], [new("y", Catalogue.Get<GridSample>().Apply(b, [x, grid]).Output)]), folder.File("sampled.onnx"));
        var request = new CurvatureRequest
        {
            WithRespectTo = ["x"],
            Loss = new LossRequest(LossKind.Sum),
            Quantities = [Quantity.Gradient],
        };
        var error = Assert.Throws<UserErrorException>(() =>
            CurvatureEngine.Augment(folder.File("sampled.onnx"), request, folder.File("a.onnx"), new AugmentOptions { Opset = 11 })
        );
        Assert.Matches("^Opset 11 was asked for, but .*GridSample.* needs opset 16 or later\\.$", error.Message);
    }

    private static void Check(string model, string weight, string path)
    {
        var entry = ReferenceTable.Find(model, weight);
        var outputs = PlainSession.Run(path, entry.Data());
        Assert.All(
            ReferenceCase.Quantities,
            quantity => Close.To(entry, quantity, outputs[quantity.OutputName(weight)]),
            throwIfEmpty: true
        );
    }

    private static string Write(TemporaryFolder folder, string model, string weight, AugmentOptions options) =>
        Augment(folder, model, weight, options).Path;

    private static AugmentReport Augment(TemporaryFolder folder, string model, string weight, AugmentOptions options)
    {
        var entry = ReferenceTable.Find(model, weight);
        return CurvatureEngine.Augment(entry.ModelPath, entry.Request, folder.File("augmented.onnx"), options);
    }

    private static ImmutableDictionary<string, long> Samples(long count) => ImmutableDictionary<string, long>.Empty.Add("N", count);
}
