using System.Text.Json;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>
/// An augmented file gives the tool's numbers where nothing of the tool is: on ONNX Runtime's API for C#, for Node, and for the Web.
/// </summary>
[Trait("Category", "Slow")]
public sealed class OtherRuntimeTests
{
    private static readonly string Here = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Runtimes");
    private static readonly string Sample = Path.Combine(Repository.Root, "src", "samples", "heatmap");

    /// <summary>Convolutions, a bias, a target of Hessian-vector products, batch normalization, attention.</summary>
    public static TheoryData<string, string> Cases =>
        new()
        {
            { "vgg16_narrow.onnx", "conv4_3.weight" },
            { "vgg16_narrow.onnx", "conv5_3.bias" },
            { "resnet_small.onnx", "stem.conv.weight" },
            { "mlp.onnx", "fc1.weight" },
            { "residual_silu_ce.opset17.onnx", "stem.weight" },
            { "transformer_ce.opset17.onnx", "v.weight" },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void ONNX_Runtime_s_own_API_gives_the_tool_s_numbers(string model, string weight)
    {
        using var files = new AugmentedFiles(model, weight);
        files.Compare(PlainSession.Run(files.Augmented, files.Case.Data()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ONNX_Runtime_for_Node_gives_the_tool_s_numbers(string model, string weight)
    {
        Assert.SkipWhen(NodePackages.Folder is null, NodePackages.Reason);
        using var files = new AugmentedFiles(model, weight);
        var (code, output, errors) = Programs.Run(
            "node",
            [
                Path.Combine(Here, "run.mjs"),
                NodePackages.Folder!,
                files.Augmented,
                .. files.Case.DataPaths.Select(entry => $"{entry.Key}={entry.Value}"),
            ],
            TimeSpan.FromMinutes(2)
        );
        Assert.True(code == 0, errors);
        using var document = JsonDocument.Parse(output);
        files.Compare(EngineOutputs.Read(document.RootElement));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ONNX_Runtime_Web_in_Chromium_gives_the_tool_s_numbers_and_the_sample_page_draws_them(string model, string weight)
    {
        Assert.SkipWhen(NodePackages.Folder is null, NodePackages.Reason);
        Assert.SkipWhen(Browser.Program is null, "No Chromium is installed; Debian's package chromium-headless-shell has one.");
        using var files = new AugmentedFiles(model, weight, "--embed");
        // The page finds arrays by the names in the address, and files by folders.
        var inputs = files.Case.DataPaths.Select(
            (entry, index) =>
            {
                File.Copy(entry.Value, files.Folder.File($"{index}.npy"));
                return $"&input={Uri.EscapeDataString(entry.Key)}=/files/{index}.npy";
            }
        );
        using var answer = Browser.Open(
            $"tests/frame.html?model=/files/augmented.onnx{string.Concat(inputs)}",
            new Dictionary<string, string>
            {
                ["tests"] = Here,
                ["sample"] = Sample,
                ["files"] = files.Folder.Path,
                ["packages"] = NodePackages.Folder!,
            }
        );
        Assert.StartsWith("Loss ", answer.RootElement.GetProperty("status").GetString(), StringComparison.Ordinal);
        files.Compare(EngineOutputs.Read(answer.RootElement.GetProperty("results")));
        Assert.True(answer.RootElement.GetProperty("colours").GetInt32() > 2, "The map is drawn in more than two colours.");
    }

    [Fact]
    public void The_sample_page_says_why_a_file_without_its_weights_does_not_run()
    {
        Assert.SkipWhen(NodePackages.Folder is null, NodePackages.Reason);
        Assert.SkipWhen(Browser.Program is null, "No Chromium is installed; Debian's package chromium-headless-shell has one.");
        using var files = new AugmentedFiles("vgg16_narrow.onnx", "conv5_3.bias");
        using var answer = Browser.Open(
            "tests/frame.html?model=/files/augmented.onnx",
            new Dictionary<string, string>
            {
                ["tests"] = Here,
                ["sample"] = Sample,
                ["files"] = files.Folder.Path,
                ["packages"] = NodePackages.Folder!,
            }
        );
        Assert.Matches(
            "^The model takes its weights from '[^']+', which a page cannot open; write it with onnx-curvature augment --embed\\.$",
            answer.RootElement.GetProperty("status").GetString()
        );
    }

    /// <summary>A file that the tool augmented, and what the tool computes from the model.</summary>
    private sealed class AugmentedFiles : IDisposable
    {
        public AugmentedFiles(string model, string weight, params string[] options)
        {
            Case = ReferenceTable.Find(model, weight);
            var loss = Case.Loss.Kind switch
            {
                LossKind.CrossEntropy => "cross-entropy",
                LossKind.Mse => "mse",
                _ => "binary-cross-entropy",
            };
            string[] asked = ["--wrt", weight, "--loss", loss, "--quantity", "loss,gradient,hessian-diagonal"];
            Tool(["augment", Case.ModelPath, "-o", Augmented, .. asked, .. options]);
            Tool([
                "run",
                Case.ModelPath,
                "-o",
                Folder.File("result.npz"),
                .. asked,
                "--data",
                .. Case.DataPaths.Select(entry => $"{entry.Key}={entry.Value}"),
            ]);
        }

        public ReferenceCase Case { get; }

        public TemporaryFolder Folder { get; } = new();

        public string Augmented => Folder.File("augmented.onnx");

        /// <summary>Whether outputs are the tool's, but for the order in which float32 is added up.</summary>
        public void Compare(Dictionary<string, double[]> outputs)
        {
            using var result = NpzReader.Open(Folder.File("result.npz"));
            Assert.Equal(3, result.Names.Count);
            Assert.All(
                result.Names,
                name => Assert.InRange(ReferenceCase.Error(outputs[name], result.Read(name).ToDoubles()), 0, 1e-5),
                throwIfEmpty: true
            );
        }

        public void Dispose() => Folder.Dispose();

        private static void Tool(params IReadOnlyList<string> arguments)
        {
            var run = ToolRun.Of(new CurvatureService(), arguments);
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
        }
    }
}
