using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>
/// Files of five networks and five quantities on every engine that can be had, against what PyTorch computed in float64, and for products
/// and Jacobians against the tool in float64. The table in <c>src/docs/engines.md</c> is written by these tests where UPDATE_GOLDENS is 1;
/// otherwise WebGPU, which compiles shaders in software for each file, computes one diagonal.
/// </summary>
[Trait("Category", "Slow")]
public sealed class EngineTableTests
{
    private const double Tolerance = 2e-5;

    private static readonly string Here = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Runtimes");
    private static readonly string Page = Path.Combine(Repository.Root, "src", "docs", "engines.md");

    /// <summary>The name of a row of the table, the model, and the weight.</summary>
    public static TheoryData<string, string, string> Networks =>
        new()
        {
            { "dense layers", "mlp.onnx", "fc1.weight" },
            { "convolutions", "vgg16_narrow.onnx", "conv4_3.weight" },
            { "residual blocks", "resnet_small.onnx", "stem.conv.weight" },
            { "LSTM", "lstm_steps_first_ce.opset17.onnx", "lstm.weight_hh_l0" },
            { "transformer block", "transformer_ce.opset17.onnx", "v.weight" },
        };

    private static bool Writes => Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1";

    private static ImmutableArray<Quantity> Quantities =>
        [Quantity.Gradient, Quantity.HessianDiagonal, Quantity.GgnDiagonal, Quantity.Hvp, Quantity.Jacobian];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Engines_give_the_references(string row, string model, string weight)
    {
        using var folder = new TemporaryFolder();
        foreach (var quantity in Quantities)
        {
            var file = new EngineFile(ReferenceTable.Find(model, weight), quantity, folder);
            double?[] errors =
            [
                file.Error(PlainSession.Run(file.Write("portable.onnx", null), file.Data)),
                Node(file),
                Web(file, folder, "wasm"),
                Writes || model == "mlp.onnx" && quantity == Quantity.HessianDiagonal ? Web(file, folder, "webgpu") : null,
                OpenCv(file),
            ];
            Assert.All(
                errors,
                error => Assert.False(error > Tolerance, $"{row}, {quantity.Name()}: {string.Join(", ", errors)}"),
                throwIfEmpty: true
            );
            Note(row, quantity, errors);
        }
    }

    /// <summary>Biases, which reduce over samples and positions, and second derivatives of an activation of an image.</summary>
    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv5_3.bias")]
    [InlineData("resnet_small.onnx", "stem.bn.scale")]
    [InlineData("mlp.onnx", "fc1.bias")]
    [InlineData("residual_silu_ce.opset17.onnx", "stem.weight")]
    public void OpenCV_gives_the_references_where_reductions_are_over_several_axes(string model, string weight)
    {
        using var folder = new TemporaryFolder();
        foreach (var quantity in new[] { Quantity.Gradient, Quantity.HessianDiagonal })
            Assert.False(OpenCv(new EngineFile(ReferenceTable.Find(model, weight), quantity, folder)) > Tolerance, quantity.Name());
    }

    /// <summary>
    /// Files whose directions are made in several runs, which are fed the number of the run, and whose outputs are added up.
    /// </summary>
    [Theory]
    [InlineData("mlp.onnx", "fc1.weight", 2048, 3)]
    [InlineData("mlp.onnx", "fc1.weight", 1500, 5)]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight", 300_000, 2)]
    [InlineData("resnet_small.onnx", "stem.conv.weight", 300_000, 2)]
    [InlineData("lstm_steps_first_ce.opset17.onnx", "lstm.weight_hh_l0", 30_000, 8)]
    public void OpenCV_gives_the_references_in_several_runs(string model, string weight, long bytes, int least)
    {
        using var folder = new TemporaryFolder();
        var file = new EngineFile(ReferenceTable.Find(model, weight), Quantity.HessianDiagonal, folder);
        var metadata = OnnxModel.Load(file.Write("opencv.onnx", "opencv", bytes)).Metadata;
        var runs = long.Parse(metadata["onnx_curvature.runs"], CultureInfo.InvariantCulture);
        Assert.True(runs >= least, $"The file takes {runs} runs.");
        Dictionary<string, double[]>? sums = null;
        for (long run = 0; run < runs; run++)
        {
            var number = folder.File("run.npy");
            NpyWriter.Write(number, NpyArray.Of(ElementType.Int64, [], [run]));
            var outputs = OpenCvOutputs(file, (metadata["onnx_curvature.run_input"], number));
            Assert.SkipWhen(outputs is null, "OpenCV, or a library that it links to, is not installed.");
            sums = sums is null
                ? outputs
                : outputs.ToDictionary(
                    output => output.Key,
                    output =>
                        metadata["onnx_curvature.summed_outputs"].Split('\n').Contains(output.Key)
                            ? [.. output.Value.Zip(sums[output.Key], (one, all) => one + all)]
                            : output.Value
                );
        }
        Assert.InRange(file.Error(sums!), 0, Tolerance);
    }

    /// <summary>
    /// OpenCV reads a constant as a layer where it is an operand, and then ends, or gives wrong numbers, where the same one is a parameter.
    /// PyTorch's exporter writes equal biases once, so that networks have such constants.
    /// </summary>
    [Theory]
    [InlineData("Gemm", "v w c")]
    [InlineData("MatMul", "v w")]
    [InlineData("Concat", "v w")]
    [InlineData("LayerNormalization", "v c c")]
    public void OpenCV_gives_the_references_where_a_constant_has_uses_of_several_kinds(string operation, string inputs)
    {
        using var folder = new TemporaryFolder();
        var width = operation == "Concat" ? 8 : 4;
        NodeProto[] nodes =
        [
            ModelBytes.Node("Add", "x w", "u"),
            ModelBytes.Node("Add", "u c", "v"),
            ModelBytes.Node(operation, inputs, "y", operation == "Concat" ? [ModelBytes.Int("axis", 1)] : []),
            ModelBytes.Node("Tanh", "y", "z"),
        ];
        var graph = new GraphProto
        {
            Name = "shared",
            Input = { ModelBytes.Info("x", 1, 4, 4) },
            Output = { ModelBytes.Info("z", 1, 4, width) },
            Initializer =
            {
                ModelBytes.Weight("w", [4, 4], index => Math.Sin(index + 1)),
                ModelBytes.Weight("c", [4], index => Math.Cos(index + 1)),
            },
            Node = { nodes },
        };
        var model = ModelBytes.Model(graph).Save(folder);
        var x = NpyArray.Of(ElementType.Float32, [4, 4], [.. Enumerable.Range(0, 16).Select(index => Math.Sin(3 * index))]);
        NpyWriter.Write(folder.File("x.npy"), x);
        var plain = CurvatureEngine.Augment(model, EngineFile.GradientOfX, folder.File("plain.onnx"), new AugmentOptions()).Path;
        var file = CurvatureEngine
            .Augment(model, EngineFile.GradientOfX, folder.File("opencv.onnx"), new AugmentOptions { Target = "opencv" })
            .Path;
        var outputs = OpenCvOutputs(file, ["x.gradient"], [("x", folder.File("x.npy"))]);
        Assert.SkipWhen(outputs is null, "OpenCV, or a library that it links to, is not installed.");
        var expected = PlainSession.Run(plain, new Dictionary<string, NpyArray> { ["x"] = x })["x.gradient"];
        Assert.InRange(ReferenceCase.Error(outputs["x.gradient"], expected), 0, Tolerance);
    }

    /// <summary>OpenCV transposes the widths of a Pad in place, which another node with the same ones then reads.</summary>
    [Fact]
    public void OpenCV_gives_the_references_where_nodes_share_the_widths_of_a_pad()
    {
        using var folder = new TemporaryFolder();
        var graph = new GraphProto
        {
            Name = "pads",
            Input = { ModelBytes.Info("x", 1, 2, 3) },
            Output = { ModelBytes.Info("y", 1, 4, 5) },
            Initializer = { ModelBytes.Integers("widths", 0, 0, 1, 1) },
            Node =
            {
                ModelBytes.Node("Tanh", "x", "t"),
                ModelBytes.Node("Pad", "t widths", "p"),
                ModelBytes.Node("Sin", "p", "s"),
                ModelBytes.Node("Pad", "s widths", "y"),
            },
        };
        AgreesOnOpenCv(folder, graph, NpyArray.Of(ElementType.Float32, [2, 3], [1, -2, 0.5, 3, -0.25, 1.5]));
    }

    /// <summary>Each activation is applied to entries in its domain, and all results lie side by side.</summary>
    [Fact]
    public void OpenCV_gives_the_references_of_activations()
    {
        using var folder = new TemporaryFolder();
        string[] inside = ["Acos", "Asin", "Atanh"];
        string[] activations =
        [
            .. inside,
            .. "Acosh Asinh Atan Celu Cosh Elu Gelu HardSigmoid HardSwish LeakyRelu Mish Selu Shrink Sinh Tan ThresholdedRelu".Split(' '),
        ];
        var graph = new GraphProto
        {
            Name = "activations",
            Input = { ModelBytes.Info("x", 1, 2, 6) },
            Output = { ModelBytes.Info("y", 1, 2, 6 * (activations.Length + 1)) },
            Initializer =
            {
                ModelBytes.Weight("third", [1], _ => 1.0 / 3),
                ModelBytes.Weight("three", [1], _ => 3.1),
                ModelBytes.Weight("one", [1], _ => 1.3),
            },
            Node =
            {
                ModelBytes.Node("Mul", "x third", "inside"),
                ModelBytes.Node("Add", "x three", "above"),
                ModelBytes.Node("Mul", "x one", "all"),
            },
        };
        graph.Initializer.Add(ModelBytes.Weight("slope", [6], index => 0.1 * index));
        graph.Node.Add(ModelBytes.Node("Dropout", "all", "kept mask"));
        graph.Node.Add(ModelBytes.Node("PRelu", "kept slope", "PRelu"));
        foreach (var name in activations)
            graph.Node.Add(
                ModelBytes.Node(
                    name,
                    inside.Contains(name) ? "inside"
                        : name == "Acosh" ? "above"
                        : "all",
                    name
                )
            );
        graph.Node.Add(ModelBytes.Node("Concat", string.Join(' ', activations) + " PRelu", "y", ModelBytes.Int("axis", 1)));
        var x = NpyArray.Of(ElementType.Float32, [2, 6], [.. Enumerable.Range(0, 12).Select(index => 1.1 * Math.Sin(3 * index + 1))]);
        AgreesOnOpenCv(folder, graph, x);
    }

    /// <summary>The output 'y' and the gradient by 'x' are those of ONNX Runtime.</summary>
    private static void AgreesOnOpenCv(TemporaryFolder folder, GraphProto graph, NpyArray x)
    {
        var model = ModelBytes.Model(graph, 20).Save(folder);
        NpyWriter.Write(folder.File("x.npy"), x);
        var plain = CurvatureEngine.Augment(model, EngineFile.GradientOfX, folder.File("plain.onnx"), new AugmentOptions()).Path;
        var file = CurvatureEngine
            .Augment(model, EngineFile.GradientOfX, folder.File("opencv.onnx"), new AugmentOptions { Target = "opencv" })
            .Path;
        var outputs = OpenCvOutputs(file, ["y", "x.gradient"], [("x", folder.File("x.npy"))]);
        Assert.SkipWhen(outputs is null, "OpenCV, or a library that it links to, is not installed.");
        var expected = PlainSession.Run(plain, new Dictionary<string, NpyArray> { ["x"] = x });
        foreach (var name in outputs.Keys)
            Assert.InRange(ReferenceCase.Error(outputs[name], expected[name]), 0, Tolerance);
    }

    [Fact]
    public void The_table_of_engines_is_that_of_the_tool()
    {
        var lines = EngineTarget.All.Select(target =>
            $"| `{target.Name}` | {target.Engine} | {target.Operators.Count} | "
            + $"{(target.Gaps == 0 ? "none" : string.Join(", ", target.Gaps.ToString().Split(", ").Select(gap => $"`{gap}`")))} | "
            + $"{target.Fallback ?? "refused"} | {Cited(target)} |"
        );
        Replace("engines", [.. lines]);
    }

    private static string Cited(EngineTarget target) =>
        Uri.TryCreate(target.Source, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            ? $"[{Path.GetFileName(address.LocalPath)}]({target.Source})"
            : target.Source;

    private static double? Node(EngineFile file)
    {
        if (NodePackages.Folder is null)
            return null;
        var arguments = file.DataPaths.Select(entry => $"{entry.Key}={entry.Value}");
        var (code, output, errors) = Programs.Run(
            "node",
            [Path.Combine(Here, "run.mjs"), NodePackages.Folder, file.Path("portable.onnx"), .. arguments],
            TimeSpan.FromMinutes(2)
        );
        Assert.True(code == 0, errors);
        return file.Error(EngineOutputs.Read(output));
    }

    private static double? Web(EngineFile file, TemporaryFolder folder, string provider)
    {
        if (NodePackages.Folder is null || Browser.Program is null)
            return null;
        file.Write("web.onnx", "web");
        var inputs = file.DataPaths.Select(entry =>
            $"&input={Uri.EscapeDataString(entry.Key)}=/files/{Uri.EscapeDataString(System.IO.Path.GetFileName(entry.Value))}"
        );
        using var answer = Browser.Open(
            $"tests/frame.html?provider={provider}&model=/files/web.onnx{string.Concat(inputs)}",
            new Dictionary<string, string>
            {
                ["tests"] = Here,
                ["sample"] = Path.Combine(Repository.Root, "src", "samples", "heatmap"),
                ["files"] = folder.Path,
                ["packages"] = NodePackages.Folder,
            },
            webGpu: provider == "webgpu"
        );
        var status = answer.RootElement.GetProperty("status").GetString();
        if (provider == "webgpu" && status!.Contains("no available backend found", StringComparison.Ordinal))
            return null;
        Assert.StartsWith("Loss ", status, StringComparison.Ordinal);
        return file.Error(EngineOutputs.Read(answer.RootElement.GetProperty("results")));
    }

    private static double? OpenCv(EngineFile file)
    {
        file.Write("opencv.onnx", "opencv");
        return OpenCvOutputs(file) is { } outputs ? file.Error(outputs) : null;
    }

    /// <summary>OpenCV's outputs of the file that was written for it; null where it cannot be loaded.</summary>
    private static Dictionary<string, double[]>? OpenCvOutputs(EngineFile file, params (string Name, string Path)[] others) =>
        OpenCvOutputs(file.Path("opencv.onnx"), file.Outputs, [.. file.DataPaths.Select(entry => (entry.Key, entry.Value)), .. others]);

    private static Dictionary<string, double[]>? OpenCvOutputs(string path, IEnumerable<string> outputs, (string Name, string Path)[] data)
    {
        var output = System.IO.Path.GetRelativePath(
            System.IO.Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests"),
            AppContext.BaseDirectory
        );
        var (code, text, errors) = Programs.Run(
            "dotnet",
            [
                System.IO.Path.Combine(Repository.Root, "tests", "OnnxCurvature.OpenCv", output, "OnnxCurvature.OpenCv.dll"),
                path,
                string.Join(',', outputs),
                .. data.Select(input => $"{input.Name}={input.Path}"),
            ],
            TimeSpan.FromMinutes(2)
        );
        // 3: its library, or one that it links to, is not installed.
        if (code == 3)
            return null;
        Assert.True(code == 0, errors);
        return EngineOutputs.Read(text);
    }

    /// <summary>Writes the row, or finds that the page has it with figures that are not a tenth of what was measured.</summary>
    private static void Note(string row, Quantity quantity, double?[] errors)
    {
        var start = $"| {row} | {quantity.Name()} |";
        var cells = errors.Select(error => error is { } value ? value.ToString("0e-0", CultureInfo.InvariantCulture) : "–");
        var lines = File.ReadAllLines(Page);
        var at = Array.FindIndex(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        if (Writes)
        {
            var last = Array.FindLastIndex(lines, line => line.Contains("<!-- end errors -->", StringComparison.Ordinal));
            var line = $"{start} {string.Join(" | ", cells)} |";
            File.WriteAllLines(Page, at < 0 ? [.. lines[..last], line, .. lines[last..]] : [.. lines[..at], line, .. lines[(at + 1)..]]);
            return;
        }
        Assert.True(at >= 0, $"'{Page}' has no row '{start}'; run with UPDATE_GOLDENS=1.");
        var known = lines[at].Split('|', StringSplitOptions.TrimEntries)[3..^1];
        Assert.All(
            errors.Zip(known),
            pair =>
                Assert.False(
                    pair.First > 10 * (double.TryParse(pair.Second, CultureInfo.InvariantCulture, out var error) ? error : Tolerance),
                    $"{start} {pair.First} is measured, and the page says {pair.Second}."
                ),
            throwIfEmpty: true
        );
    }

    private static void Replace(string name, string[] rows)
    {
        var lines = File.ReadAllLines(Page);
        var (first, last) = (Array.IndexOf(lines, $"<!-- {name} -->"), Array.IndexOf(lines, $"<!-- end {name} -->"));
        if (Writes)
            File.WriteAllLines(Page, [.. lines[..(first + 1)], .. lines[(first + 1)..(first + 3)], .. rows, .. lines[last..]]);
        else
            Assert.Equal(rows, lines[(first + 3)..last]);
    }
}
