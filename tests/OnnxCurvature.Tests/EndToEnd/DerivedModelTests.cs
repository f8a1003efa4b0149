using System.Collections.Immutable;
using Google.Protobuf;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.References;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// Derivatives of augmented files: of penalties on gradients, of results of every order, and of diagonals that loops
/// compute.
/// </summary>
[Trait("Category", "Slow")]
public sealed class DerivedModelTests
{
    internal const int Points = 5;
    internal const int Units = 4;

    /// <summary>PyTorch's result in float64 for the mean of (∂D/∂x)², D = Σ tanh(conv(x, w)) v.</summary>
    private static readonly Dictionary<string, double[]> Penalty = new()
    {
        ["loss"] = [0.2699425890288234],
        ["w.gradient"] =
        [
            0.09955518962182162,
            0.002147684730830296,
            -0.09437229442224022,
            -0.065127632381524,
            -0.1116052824986494,
            0.13362319777784393,
            0.1816613672256729,
            -0.06460307265158649,
        ],
        ["w.hessian_diagonal"] =
        [
            -0.009140303405084739,
            0.046281011515515114,
            -0.03187216783056264,
            0.027518370738394672,
            0.1532969361516216,
            -0.023887551559386017,
            0.06865301823074901,
            0.04986992151953645,
        ],
        ["w.hvp"] =
        [
            -0.13494806830370393,
            -0.0026001268889220223,
            0.23340842910819026,
            0.04571506145574601,
            -0.0724098810305967,
            0.016180969623561116,
            0.07547242996099776,
            -0.003602672549685604,
        ],
    };

    [Fact]
    public void A_penalty_on_the_gradient_by_the_input_has_the_derivatives_that_PyTorch_gives()
    {
        using var tool = new Tool();
        tool.Save("conv.onnx", Convolution());
        tool.Npy("x.npy", ElementType.Float32, [2, 1, 4, 4], Sine(32, 0.7, 1));
        tool.Npy("zero.npy", ElementType.Float32, [2, 1, 4, 4], new double[32]);
        tool.Npy("direction.npy", ElementType.Float32, [2, 1, 2, 2], [.. Enumerable.Range(0, 8).Select(i => Math.Cos(i))]);
        Succeed(tool.Run("augment @conv.onnx -o @g.onnx --wrt x --loss sum --reduction sum --quantity gradient --precision float64"));
        var words = "--wrt w --loss mse:x.gradient --quantity loss,gradient,hessian-diagonal,hvp";
        var data = "--data x=@x.npy target=@zero.npy w.direction=@direction.npy";
        Succeed(tool.Run($"run @g.onnx -o @run.npz {words} {data}"));
        Succeed(tool.Run($"augment @g.onnx -o @h.onnx {words}"));
        Succeed(tool.Run($"run @h.onnx -o @file.npz {data}"));
        foreach (var (name, expected) in Penalty)
        {
            AssertClose(expected, tool.Read("run.npz", name), 1e-10);
            AssertClose(expected, tool.Read("file.npz", name), 1e-10);
        }
        var verified = tool.Run($"verify @g.onnx --wrt w --loss mse:x.gradient --data x=@x.npy target=@zero.npy");
        Assert.True(verified.Code == ExitCodes.Success, verified.ToString());
    }

    [Fact]
    public void Results_of_every_order_keep_their_names_and_the_metadata_say_what_came_of_what()
    {
        using var tool = new Tool();
        SaveField(tool);
        Succeed(tool.Run("augment @field.onnx -o @one.onnx --wrt v --loss mse --quantity loss,gradient"));
        var again = tool.Run("augment @one.onnx -o @two.onnx --wrt v --loss mse:v.gradient --quantity loss,gradient");
        Succeed(again);
        Assert.Contains(
            "The model has a value 'loss' of its own, so the result of that name is 'loss_2'.",
            again.Output,
            StringComparison.Ordinal
        );
        Succeed(tool.Run("augment @two.onnx -o @three.onnx --wrt v --loss sum:v.gradient_2 --quantity loss,gradient"));
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["three.onnx"]));
        Assert.Equal(
            ["u", "loss", "v.gradient", "loss_2", "v.gradient_2", "loss_3", "v.gradient_3"],
            model.Graph.Output.Select(output => output.Name)
        );
        Assert.Equal(["x", "target", "loss.target"], model.Graph.Input.Select(input => input.Name));
        var metadata = model.MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        var sources = new[] { "", "source.", "source.source." };
        Assert.Equal(["two.onnx", "one.onnx", "field.onnx"], sources.Select(source => metadata[$"onnx_curvature.{source}source"]));
        Assert.Equal(["sum:v.gradient_2", "mse:v.gradient", "mse"], sources.Select(source => metadata[$"onnx_curvature.{source}loss"]));
        tool.Npy("zero.npy", ElementType.Float32, [Units, 1], new double[Units]);
        Succeed(tool.Run("run @three.onnx -o @out.npz --data x=@points.npy target=@target.npy loss.target=@zero.npy"));
        using var result = NpzReader.Open(tool["out.npz"]);
        Assert.Equal(["loss_3", "v.gradient_3"], result.Names);
    }

    [Theory]
    [InlineData(false, "Loop")]
    [InlineData(true, "Scan")]
    public void Diagonals_that_loops_compute_are_differentiated_or_refused(bool masked, string loop)
    {
        using var tool = new Tool();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        var request = entry.Request with
        {
            Precision = masked ? Precision.Model : Precision.Float64,
            Quantities = [Quantity.HessianDiagonal],
        };
        WithLoops(
            entry,
            request,
            tool["loops.onnx"],
            new AugmentOptions
            {
                Embed = true,
                Limits = new PlanLimits { MasksProducts = masked },
                Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 1),
            }
        );
        Assert.Contains(Operators(ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["loops.onnx"])).Graph), name => name == loop);
        var again = new CurvatureRequest
        {
            WithRespectTo = ["fc8.bias"],
            Loss = LossRequest.Parse("sum:conv4_3.weight.hessian_diagonal"),
            Quantities = [Quantity.Loss, Quantity.Gradient],
        };
        var data = entry.Data().ToDictionary(input => input.Key, input => input.Value.Slice(0, 0, 1));
        CurvatureResult Run() =>
            CurvatureEngine.Prepare(tool["loops.onnx"], again, data, new CurvatureRunOptions()).Run(null, CancellationToken.None);
        if (masked)
        {
            Assert.Contains("cannot be differentiated", Assert.Throws<UserErrorException>(Run).Message, StringComparison.Ordinal);
            return;
        }
        var gradient = Run().Tensors.Single(tensor => tensor.Name == "fc8.bias.gradient").Values;
        for (var index = 0; index < gradient.Length; index += 3)
        {
            double Sum(double step)
            {
                var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["loops.onnx"]));
                var bias = model.Graph.Initializer.Single(tensor => tensor.Name == "fc8.bias");
                var bytes = bias.RawData.ToByteArray();
                BitConverter.TryWriteBytes(bytes.AsSpan(8 * index), BitConverter.ToDouble(bytes, 8 * index) + step);
                bias.RawData = ByteString.CopyFrom(bytes);
                tool.Save("moved.onnx", model);
                return PlainSession.Run(tool["moved.onnx"], data)["conv4_3.weight.hessian_diagonal"].Sum();
            }
            Assert.Equal(Slope(Sum, 1e-3), gradient[index], 1e-6 * gradient.Max(Math.Abs));
        }
    }

    [Fact]
    public void Files_whose_results_are_sums_over_runs_are_refused()
    {
        using var tool = new Tool();
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        WithLoops(entry, entry.Request, tool["runs.onnx"], new AugmentOptions { Profile = AugmentProfile.Portable });
        var run = tool.Run("augment @runs.onnx -o @again.onnx --wrt fc8.bias --loss value:loss");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("no single run has its results", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_samples_are_one_batch()
    {
        using var tool = new Tool();
        SaveField(tool);
        // The gradient of a mean over 40 samples is not that of two batches of 32 and 8.
        tool.Npy("many.npy", ElementType.Float32, [40, 2], Sine(80, 0.7, 1));
        tool.Npy("targets.npy", ElementType.Float32, [40, 1], Sine(40, 1.1, 0.5));
        tool.Npy("zero.npy", ElementType.Float32, [Units, 1], new double[Units]);
        Succeed(tool.Run("augment @field.onnx -o @one.onnx --wrt v --loss mse --quantity gradient"));
        var words = "--wrt v --loss mse:v.gradient --quantity loss";
        Succeed(tool.Run($"augment @one.onnx -o @two.onnx {words}"));
        var data = "--data x=@many.npy target=@targets.npy loss.target=@zero.npy";
        Succeed(tool.Run($"run @one.onnx -o @gradient.npz --batch-size 40 --data x=@many.npy target=@targets.npy"));
        Succeed(tool.Run($"run @one.onnx -o @run.npz {words} {data}"));
        Succeed(tool.Run($"run @two.onnx -o @file.npz {data}"));
        var expected = tool.Read("gradient.npz", "v.gradient").Average(Square);
        Assert.Equal(expected, tool.Read("run.npz", "loss")[0], 1e-6 * expected);
        Assert.Equal(expected, tool.Read("file.npz", "loss")[0], 1e-6 * expected);
        foreach (
            var command in new[]
            {
                $"run @one.onnx -o @no.npz {words} {data} --batch-size 8",
                $"run @two.onnx -o @no.npz {data} --batch-size 8",
            }
        )
        {
            var run = tool.Run(command);
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains("--batch-size 8 would change what is computed", run.Error, StringComparison.Ordinal);
        }
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["two.onnx"]));
        Assert.NotEmpty(model.MetadataProps.Single(entry => entry.Key == "onnx_curvature.batch_obstacle").Value);
        Assert.Equal("loss.target", model.MetadataProps.Single(entry => entry.Key == "onnx_curvature.whole_inputs").Value);
    }

    [Fact]
    public void Files_of_an_earlier_format_are_refused()
    {
        using var tool = new Tool();
        Succeed(tool.Run("augment @model.onnx -o @out.onnx --wrt w --loss cross-entropy --quantity gradient"));
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["out.onnx"]));
        model.MetadataProps.Remove(model.MetadataProps.Single(entry => entry.Key == "onnx_curvature.format"));
        tool.Save("old.onnx", model);
        var run = tool.Run("run @old.onnx -o @out.npz --wrt w --loss sum:w.gradient --data x=@x.npy labels=@labels.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("augment its source 'model.onnx' again", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Writes a file whose directions are done in several chunks.</summary>
    private static void WithLoops(ReferenceCase entry, CurvatureRequest request, string path, AugmentOptions options)
    {
        var report = CurvatureEngine.Augment(entry.ModelPath, request, path, options);
        while (report.Methods.All(method => method.ChunkSize == method.Directions))
            report = CurvatureEngine.Augment(
                entry.ModelPath,
                request,
                path,
                options with
                {
                    Limits = options.Limits with { MemoryBytes = (long)(0.8 * report.Methods.Max(method => method.MemoryBytes)) },
                }
            );
    }

    private static IEnumerable<string> Operators(GraphProto graph) =>
        graph.Node.SelectMany(node =>
            node.Attribute.Where(attribute => attribute.G is not null).SelectMany(attribute => Operators(attribute.G)).Prepend(node.OpType)
        );

    /// <summary>Σ tanh(conv(x, w)) v for each sample.</summary>
    private static ModelProto Convolution() =>
        Model(
            new GraphProto
            {
                Name = "convolution",
                Input = { Info("x", 1, "N", 1, 4, 4) },
                Output = { Info("D", 1, "N", 1) },
                Initializer =
                {
                    Weight("w", [2, 1, 2, 2], index => 0.6 * Math.Sin(1.3 * index + 1)),
                    Weight("v", [18, 1], index => 0.8 * Math.Sin(0.9 * index + 1)),
                },
                Node = { Node("Conv", "x w", "m"), Node("Tanh", "m", "t"), Node("Flatten", "t", "f"), Node("MatMul", "f v", "D") },
            }
        );

    /// <summary>u = tanh(x A + b) v, and points at which it is taken.</summary>
    internal static void SaveField(Tool tool)
    {
        tool.Save(
            "field.onnx",
            Model(
                new GraphProto
                {
                    Name = "field",
                    Input = { Info("x", 1, "N", 2) },
                    Output = { Info("u", 1, "N", 1) },
                    Initializer =
                    {
                        Weight("A", [2, Units], index => Sine(2 * Units, 1.3, 0.9)[index]),
                        Weight("b", [Units], index => Sine(Units, 0.8, 0.4)[index]),
                        Weight("v", [Units, 1], index => Sine(Units, 2.1, 0.7)[index]),
                    },
                    Node = { Node("MatMul", "x A", "m"), Node("Add", "m b", "z"), Node("Tanh", "z", "t"), Node("MatMul", "t v", "u") },
                }
            )
        );
        tool.Npy("points.npy", ElementType.Float64, [Points, 2], Sine(2 * Points, 0.7, 1));
        tool.Npy("source.npy", ElementType.Float64, [Points], Sine(Points, 1.1, 0.5));
        tool.Npy("target.npy", ElementType.Float64, [Points, 1], Sine(Points, 1.1, 0.5));
    }

    /// <summary>The first derivative at 0, of fourth order in the step.</summary>
    internal static double Slope(Func<double, double> f, double h) => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);

    internal static double Square(double x) => x * x;

    /// <summary>Numbers that a file holds in float32, in double.</summary>
    internal static double[] Sine(int count, double step, double scale) =>
        [.. Enumerable.Range(0, count).Select(index => (double)(float)(scale * Math.Sin(step * index + 1)))];

    internal static void Succeed(Cli.ToolRun run) => Assert.True(run.Code == ExitCodes.Success, run.ToString());

    internal static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * scale), throwIfEmpty: true);
    }
}
