using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;
using OnnxCurvature.Tests.References;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// An augmented file computes all that depends on a weight from the weight: replacing weights in it gives, but for its metadata, the very
/// file that comes of a model with the new weights. So no initializer is a function of a weight.
/// </summary>
[Trait("Category", "Slow")]
public sealed class AttachedWeightTests
{
    public static TheoryData<string> Problems => [.. ProblemTable.Names];

    public static TheoryData<string> Networks => [.. ReferenceTable.All.Select(entry => entry.Model).Distinct()];

    [Theory]
    [MemberData(nameof(Problems))]
    public void Weights_of_a_problem_can_be_replaced_in_its_augmented_file(string name)
    {
        using var folder = new TemporaryFolder();
        var problem = ProblemTable.Find(name);
        OnnxWriter.Write(
            Ir.Program.Create(problem.Inputs, [new NamedValue("y", problem.Output!)]),
            folder.File("model.onnx"),
            new WriteOptions { Weights = WeightPlacement.Embed }
        );
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. problem.Weights.Select(weight => weight.Name!)],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.Gradient, Quantity.HessianDiagonal],
        };
        Compare(folder, folder.File("model.onnx"), request, new PlanLimits { MemoryBytes = 100_000 });
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Weights_of_a_network_can_be_replaced_in_its_augmented_file(string model)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.All.First(candidate => candidate.Model == model);
        Compare(folder, entry.ModelPath, entry.Request, new PlanLimits());
    }

    [Theory]
    [InlineData(AugmentProfile.SingleRun, Precision.Model)]
    [InlineData(AugmentProfile.Portable, Precision.Model)]
    [InlineData(AugmentProfile.SingleRun, Precision.Float64)]
    public void Copies_in_loops_and_in_other_types_follow_the_weight(AugmentProfile profile, Precision precision)
    {
        using var folder = new TemporaryFolder();
        var entry = ReferenceTable.Find("resnet_small.onnx", "stem.conv.weight");
        var request = entry.Request with { Precision = precision };
        var limits = new PlanLimits();
        while (
            CurvatureEngine.Augment(
                entry.ModelPath,
                request,
                folder.File("trial.onnx"),
                new AugmentOptions { Limits = limits, Profile = profile }
            )
                is var report
            && report.Methods.All(method => method.ChunkSize == method.Directions)
        )
            limits = new PlanLimits { MemoryBytes = (long)(0.8 * report.Methods.Max(method => method.MemoryBytes)) };
        Compare(folder, entry.ModelPath, request, limits, profile);
    }

    [Fact]
    public void A_body_that_is_written_out_has_its_weight_once()
    {
        using var folder = new TemporaryFolder();
        var inner = new GraphProto
        {
            Name = "inner",
            Input = { Info("j", 7), Info("b", 9), Info("s", 1, 2, 3) },
            Output = { Info("b2", 9), Info("s2", 1, 2, 3) },
            Initializer = { Weight("w", [3, 3], index => Math.Sin(index)) },
            Node = { Node("Identity", "b", "b2"), Node("MatMul", "s w", "m"), Node("Tanh", "m", "s2") },
        };
        var outer = new GraphProto
        {
            Name = "outer",
            Input = { Info("i", 7), Info("c", 9), Info("t", 1, 2, 3) },
            Output = { Info("c2", 9), Info("t2", 1, 2, 3) },
            Node = { Node("Identity", "c", "c2"), Node("Loop", "", "t2", Body("body", inner)) },
        };
        outer.Node[1].Input.Clear();
        outer.Node[1].Input.AddRange(["rounds", "", "t"]);
        var loop = Node("Loop", "", "y", Body("body", outer));
        loop.Input.AddRange(["rounds", "", "x"]);
        var graph = new GraphProto
        {
            Name = "nested",
            Input = { Info("x", 1, 2, 3) },
            Output = { Info("y", 1, 2, 3) },
            Initializer = { Integer("rounds", 2) },
            Node = { loop },
        };
        File.WriteAllBytes(folder.File("model.onnx"), Model(graph).ToByteArray());
        var written = Augment(
            folder.File("model.onnx"),
            folder.File("augmented.onnx"),
            new CurvatureRequest
            {
                WithRespectTo = ["x"],
                Loss = new LossRequest(LossKind.Sum),
                Quantities = [Quantity.Gradient],
            },
            new PlanLimits(),
            AugmentProfile.SingleRun
        );
        Assert.Single(written.Graph.Initializer, tensor => tensor.DataType == 1 && tensor.Dims.SequenceEqual([3L, 3L]));
    }

    [Fact]
    public void Elements_that_decide_what_is_compiled_are_named_in_the_metadata()
    {
        using var folder = new TemporaryFolder();
        var graph = Graph(Node("Mul", "x w", "m"), Node("Pow", "m two", "y"));
        graph.Initializer.Add(Weight("w", [3], index => index + 1));
        graph.Initializer.Add(Weight("two", [], _ => 2));
        File.WriteAllBytes(folder.File("model.onnx"), Model(graph).ToByteArray());
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w"],
            Loss = new LossRequest(LossKind.Sum),
            Quantities = [Quantity.Gradient, Quantity.HessianDiagonal],
        };
        var written = Augment(
            folder.File("model.onnx"),
            folder.File("augmented.onnx"),
            request,
            new PlanLimits(),
            AugmentProfile.SingleRun
        );
        Assert.Equal("two", written.MetadataProps.Single(entry => entry.Key == "onnx_curvature.compiled_in").Value);
    }

    private static void Compare(
        TemporaryFolder folder,
        string path,
        CurvatureRequest request,
        PlanLimits limits,
        AugmentProfile profile = AugmentProfile.SingleRun
    )
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        var weights = Weights(model).Select(weight => weight.Name).ToHashSet();
        var augmented = Augment(path, folder.File("augmented.onnx"), request, limits, profile);
        var compiledIn = augmented.MetadataProps.Single(entry => entry.Key == "onnx_curvature.compiled_in").Value.Split('\n').ToHashSet();
        weights.ExceptWith(compiledIn);
        Assert.NotEmpty(weights);

        Replace(model, weights);
        File.WriteAllBytes(folder.File("other.onnx"), model.ToByteArray());
        var expected = Augment(folder.File("other.onnx"), folder.File("expected.onnx"), request, limits, profile);
        Assert.NotEqual(expected.Graph, augmented.Graph);
        Replace(augmented, weights);
        foreach (var (one, other) in expected.Graph.Initializer.Zip(augmented.Graph.Initializer))
            Assert.True(one.Equals(other), $"'{other.Name}' [{string.Join(",", other.Dims)}] is a function of weights.");
        Assert.Equal(expected.Graph, augmented.Graph);
    }

    private static ModelProto Augment(string model, string path, CurvatureRequest request, PlanLimits limits, AugmentProfile profile)
    {
        CurvatureEngine.Augment(
            model,
            request,
            path,
            new AugmentOptions
            {
                Embed = true,
                Limits = limits,
                Profile = profile,
            }
        );
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
    }

    /// <summary>The tensors of floats that a file holds, in initializers and in nodes Constant.</summary>
    private static IEnumerable<(string Name, TensorProto Tensor)> Weights(ModelProto model) =>
        model
            .Graph.Initializer.Select(tensor => (tensor.Name, tensor))
            .Concat(
                model
                    .Graph.Node.Where(node => node.OpType == "Constant" && node.Attribute[0].T is not null)
                    .Select(node => (node.Output[0], node.Attribute[0].T))
            )
            .Where(weight => weight.Item2.DataType is 1 or 11);

    /// <summary>
    /// Scales each element of some weights by a factor of its own, so that what is positive stays so, and what is equal does not.
    /// </summary>
    private static void Replace(ModelProto model, HashSet<string> weights)
    {
        foreach (var (name, tensor) in Weights(model))
        {
            if (!weights.Contains(name))
                continue;
            var elements = Elements(tensor);
            for (var index = 0; index < elements.Length; index++)
                elements[index] = (float)(elements[index] * (1 + (name.Sum(letter => letter) + 7 * index) % 11 / 16.0));
            tensor.FloatData.Clear();
            tensor.DoubleData.Clear();
            tensor.RawData = ByteString.CopyFrom([
                .. elements.SelectMany(element =>
                    tensor.DataType == 1 ? BitConverter.GetBytes((float)element) : BitConverter.GetBytes(element)
                ),
            ]);
        }
    }

    private static double[] Elements(TensorProto tensor) =>
        (tensor.HasRawData, tensor.DataType) switch
        {
            (true, 1) => [.. MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray().Select(element => (double)element)],
            (true, _) => MemoryMarshal.Cast<byte, double>(tensor.RawData.Span).ToArray(),
            (false, 1) => [.. tensor.FloatData.Select(element => (double)element)],
            (false, _) => [.. tensor.DoubleData],
        };
}
