using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Runtime.Verification;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The requests of the commands to the library, and their output.</summary>
public sealed class CommandTests
{
    private static CheckReport Disagreement =>
        new(
            [
                new VerifyEntry("w.gradient", [1, 2], 1, 1, 0.001, 0.0001, "central difference of the loss"),
                new VerifyEntry("w.hessian_diagonal", [0, 3], 2, -2, 0.001, 0.0001, "central difference of the gradient"),
                new VerifyEntry("w.hessian_diagonal", [0, 4], 2, double.NaN, 0.001, 0.0001, "central difference of the gradient"),
            ],
            [],
            0
        );

    [Fact]
    public void Options_of_a_run_reach_the_library()
    {
        using var folder = new TemporaryFolder();
        var (x, y) = (Npy(folder, "x.npy"), Npy(folder, "y=1.npy"));
        var service = new FakeService();
        var run = ToolRun.Of(
            service,
            "run",
            "model.onnx",
            "-o",
            folder.File("out.npz"),
            "--wrt",
            "a*",
            "b[7]",
            "--wrt",
            "@c",
            "--loss",
            "mse:head:0",
            "--reduction",
            "sum",
            "--precision",
            "float64",
            "--quantity",
            "loss,ggn-diagonal",
            "--quantity",
            "loss",
            "--data",
            $"x={x}",
            $"target={y}",
            "--batch-size",
            "8",
            "--provider",
            "cuda",
            "--device",
            "1",
            "--device-memory",
            "8G",
            "--tf32",
            "--conv-search",
            "heuristic",
            "--provider-library",
            "p.so",
            "--onnxruntime",
            "ort",
            "--threads",
            "3",
            "--memory",
            "512M",
            "--dim",
            "N=4",
            "T=a=5"
        );
        Assert.Equal(("", 0), (run.Error, run.Code));
        Assert.Equal("model.onnx", service.ModelPath);
        Assert.Equal(["a*", "b[7]", "@c"], service.Request!.WithRespectTo);
        Assert.Equal(new LossRequest(LossKind.Mse, "head:0"), service.Request.Loss);
        Assert.Equal(Reduction.Sum, service.Request.Reduction);
        Assert.Equal(Ir.Precision.Float64, service.Request.Precision);
        Assert.Equal([Quantity.Loss, Quantity.GgnDiagonal], service.Request.Quantities);
        Assert.Equal(["target", "x"], service.Data!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            (8, ExecutionProvider.Cuda, 3, 512L << 20),
            (service.RunOptions!.BatchSize, service.RunOptions.Provider, service.RunOptions.Threads, service.RunOptions.MemoryBytes)
        );
        Assert.Equal(
            new CudaOptions
            {
                Device = 1,
                MemoryBytes = 8L << 30,
                AllowTf32 = true,
                ConvolutionSearch = "heuristic",
                ProviderLibrary = "p.so",
            },
            service.RunOptions.Cuda
        );
        Assert.Equal("ort", service.RunOptions.OnnxRuntimePath);
        Assert.Equal(4, service.RunOptions.Dimensions["N"]);
        Assert.Equal(5, service.RunOptions.Dimensions["T=a"]);
    }

    [Fact]
    public void A_run_is_checked_unless_it_is_told_not_to()
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService();
        Assert.Equal(0, ToolRun.Of(service, "run", "m", "-o", folder.File("out.npz"), "--no-check").Code);
        Assert.False(service.RunOptions!.Check);
    }

    [Fact]
    public void Options_that_are_not_given_have_their_defaults()
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService();
        Assert.Equal(0, ToolRun.Of(service, "run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "cross-entropy").Code);
        var checkpoint = folder.File("out.npz.partial");
        Assert.NotNull(service.RunOptions!.MachineForTimes);
        Assert.Equal(
            new CurvatureRunOptions { CheckpointPath = checkpoint, OwnsProcess = true },
            service.RunOptions with
            {
                MachineForTimes = null,
            }
        );
        Assert.Equal((Reduction.Mean, LossKind.CrossEntropy), (service.Request!.Reduction, service.Request.Loss.Kind));
        Assert.Equal([Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal], service.Request.Quantities);
    }

    [Fact]
    public void A_run_without_a_request_takes_the_file_as_augmented()
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService();
        Assert.Equal(0, ToolRun.Of(service, "run", "m", "-o", folder.File("out.npz")).Code);
        Assert.Null(service.Request);
    }

    [Fact]
    public void A_run_shows_the_plan_and_the_summary_and_writes_the_file()
    {
        using var folder = new TemporaryFolder();
        var run = ToolRun.Of(new FakeService(), "run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse");
        Golden.Match("run.txt", run.ToString().Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
        using var file = NpzReader.Open(folder.File("out.npz"));
        Assert.Equal([1, 2, 0, 0.5, (float)(1.0 / 3), 1e-9f], file.Read("conv4_3.weight.hessian_diagonal").ToDoubles());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void The_output_for_people_fits_the_window(int width)
    {
        using var folder = new TemporaryFolder();
        (string Name, string[] Arguments)[] commands =
        [
            ("inspect", ["inspect", "vgg16.onnx"]),
            ("run", ["run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse", "--explain"]),
            ("verify", ["verify", "m", "--wrt", "w", "--loss", "mse"]),
            ("augment", ["augment", "m", "-o", "out.onnx", "--wrt", "w", "--loss", "mse"]),
        ];
        foreach (var (name, arguments) in commands)
        {
            var run = ToolRun.Within(width, new FakeService { Found = Disagreement }, arguments);
            var text = run.ToString().Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
            Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, width), throwIfEmpty: true);
            Golden.Match($"{name}-{width}.txt", string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())));
        }
    }

    [Fact]
    public void Of_many_weights_a_run_shows_a_line_each_and_all_figures_where_details_are_asked_for()
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService { Weights = 5 };
        string[] arguments = ["run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse"];
        var run = ToolRun.Within(80, service, arguments);
        Assert.Equal(
            5,
            run.Output.Split('\n').Count(line => line.StartsWith("  layer", StringComparison.Ordinal) && line.Contains("2.31541"))
        );
        Assert.DoesNotContain("entries of largest size", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "entries of largest size",
            ToolRun.Within(80, service, [.. arguments, "--details"]).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Of_many_weights_a_plan_shows_a_reason_for_each_method_and_all_of_them_where_it_explains()
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService { Weights = 5 };
        string[] arguments = ["run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse"];
        var run = ToolRun.Of(service, arguments);
        Assert.Contains("- conv4_3.weight.hessian_diagonal: no node after", run.Output, StringComparison.Ordinal);
        Assert.Contains("- norm.bias[3:9].hessian_diagonal: one product", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("it is exact for layer", run.Output, StringComparison.Ordinal);
        Assert.Contains("- The reasons of 5 more are alike; --explain shows them.", run.Output, StringComparison.Ordinal);
        var explained = ToolRun.Of(service, [.. arguments, "--explain"]);
        Assert.Equal(5, explained.Output.Split("it is exact for layer").Length - 1);
        Assert.DoesNotContain("are alike", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quiet_run_writes_its_file_and_shows_nothing()
    {
        using var folder = new TemporaryFolder();
        var run = ToolRun.Of(new FakeService(), "run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse", "-q");
        Assert.Equal("exit 0\n", run.ToString());
        Assert.True(File.Exists(folder.File("out.npz")));
    }

    [Fact]
    public void A_file_of_arguments_stands_for_what_it_holds()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("options.rsp"), $"# the weights\n--wrt 'a b' \"c\"\n\n--loss mse\n-o {folder.File("out.npz")}\n");
        var service = new FakeService();
        var run = ToolRun.Of(service, "run", "m", "@" + folder.File("options.rsp"));
        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        Assert.Equal(["a b", "c"], service.Request!.WithRespectTo);
    }

    [Theory]
    [InlineData("run m -o o.npz @none.rsp")]
    [InlineData("run @none.rsp m")]
    [InlineData("@none.rsp")]
    public void A_file_of_arguments_that_is_not_there_is_named(string words)
    {
        var run = ToolRun.Of(new FakeService(), words.Split(' '));
        Assert.Equal(
            (ExitCodes.UserError, "error: There is no file of arguments 'none.rsp', which '@none.rsp' stands for; check the path.\n"),
            (run.Code, run.Error)
        );
    }

    [Fact]
    public void A_file_of_arguments_that_names_itself_is_refused()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("options.rsp");
        File.WriteAllText(file, $"@{file}\n");
        foreach (
            var words in (string[][])
                [
                    [$"@{file}"],
                    ["run", "m", $"@{file}"],
                ]
        )
        {
            var run = ToolRun.Of(new FakeService(), words);
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains("let none of them name itself", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_of_augment_reach_the_library_and_the_report_is_as_approved()
    {
        var service = new FakeService();
        var run = ToolRun.Of(
            service,
            "augment",
            "m",
            "--output",
            "out.onnx",
            "--wrt",
            "w",
            "--loss",
            "value",
            "--opset",
            "17",
            "--embed",
            "--memory",
            "1.5KiB",
            "--dim",
            "N=2"
        );
        Golden.Match("augment.txt", run.ToString());
        Assert.Equal(
            (17, true, 1536L),
            (service.AugmentOptions!.Opset, service.AugmentOptions.Embed, service.AugmentOptions.Limits.MemoryBytes)
        );
        Assert.Equal(2, service.AugmentOptions.Dimensions["N"]);
        Assert.Equal(2, service.AugmentOptions.Limits.Dimensions["N"]);
    }

    [Fact]
    public void Inputs_that_are_fixed_reach_the_library()
    {
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder.File("steps.npy"), NpyArray.Of(ElementType.Int64, [], [3]));
        var service = new FakeService();
        ToolRun.Of(
            service,
            "augment",
            "m",
            "--output",
            "out.onnx",
            "--wrt",
            "w",
            "--loss",
            "value",
            "--fix",
            $"steps={folder.File("steps.npy")}"
        );
        Assert.Equal([3L], service.Request!.FixedTensors["steps"].Integers);
    }

    [Fact]
    public void An_inspection_is_as_approved() =>
        Golden.Match("inspect.txt", ToolRun.Of(new FakeService(), "inspect", "vgg16.onnx").ToString());

    [Fact]
    public void A_verification_that_agrees_ends_with_0()
    {
        var service = new FakeService
        {
            Found = new CheckReport(
                [new VerifyEntry("w.gradient", [1, 2], 1, 1.0005, 0.001, 0.0002, "central difference of the loss")],
                [],
                0
            ),
        };
        var run = ToolRun.Of(service, "verify", "m", "--wrt", "w", "--loss", "mse", "--quantity", "loss", "--samples", "5", "--seed", "7");
        Assert.Equal(ExitCodes.Success, run.Code);
        Assert.Equal((5, 7), service.Verification);
        Assert.Equal([Quantity.Gradient, Quantity.HessianDiagonal], service.Request!.Quantities);
        Assert.EndsWith("All 1 checks agree.\n", run.Output);
        Assert.Matches(@"1 of 1\s+0\.0005\s+50 %\s+0\.0002", run.Output);
    }

    [Fact]
    public void A_verification_that_does_not_agree_ends_with_1_and_shows_where()
    {
        var service = new FakeService { Found = Disagreement };
        var run = ToolRun.Of(service, "verify", "m", "--wrt", "w", "--loss", "mse");
        Assert.Equal(ExitCodes.Disagreement, run.Code);
        Golden.Match("verify.txt", run.ToString());
    }

    [Fact]
    public void A_verification_with_an_output_also_runs()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, ToolRun.Of(new FakeService(), "verify", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse").Code);
        Assert.True(File.Exists(folder.File("out.npz")));
    }

    private static string Npy(TemporaryFolder folder, string name)
    {
        using (var stream = File.Create(folder.File(name)))
            NpyWriter.Write(stream, NpyArray.Of(ElementType.Float32, [2], [1, 2]));
        return folder.File(name);
    }
}
