using OnnxCurvature.Cli;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The messages of errors, and the exit codes.</summary>
public sealed class ErrorTests
{
    [Fact]
    public void Errors_of_the_command_line_are_as_approved()
    {
        string[] lines =
        [
            "",
            "inspct",
            "--versio",
            "inspect",
            "inspect a b",
            "inspect m --dim N=0",
            "inspect m --dim N",
            "inspect m --dim N=2 --dim N=3",
            "run",
            "run --wrt a m",
            "run m",
            "run m --wtr x",
            "run m -o",
            "run m -o o --wrt",
            "run m -o o --wrt a",
            "run m -o o --loss mse",
            "run m -o o --wrt a --loss foo",
            "run m -o o --loss mse --loss mse",
            "run m -o o --reduction max",
            "run m -o o --reduction sum",
            "run m -o o --precision half",
            "run m -o o --precision float64",
            "run m -o o --quantity loss,hesian",
            "run m -o o --quantity ,",
            "run m -o o --quantity hessian_diagonal",
            "run m -o o --quantity DiagGGN",
            "run m -o o --wrt a --loss cross_entropy",
            "run m -o o --wrt a --loss BCEWithLogitsLoss",
            "run m --quiet --verbose -o o",
            "completion csh",
            "run m -o o --data x",
            "run m -o o --data x=a.npy x=b.npy",
            "run m -o o --data x=no-such-file.npy",
            "run m -o o --data x=no-such-file.pb",
            "run m -o o --batch-size 0",
            "run m -o o --batch-size x",
            "run m -o o --provider tpu",
            "run m -o o --threads -1",
            "run m -o o --threads 1000000000",
            "run m -o o --memory 5Q",
            "run m -o o --memory 0",
            "run m -o m",
            "run m -o x.npy --data x=./x.npy",
            "run m -o no-such-folder/o.npz",
            "augment m -o o",
            "augment m -o o --wrt a",
            "augment m -o o --wrt a --loss mse --opset x",
            "augment m -o m --wrt a --loss mse",
            "augment m -o o --loss mse --wrt a --tolerance 0.1",
            "augment m -o o --loss mse --wrt a --memry=3",
            "run --bogus x",
            "verify m",
            "verify m --wrt a --loss mse --samples 0",
            "verify m --wrt a --loss mse --seed -1",
        ];
        var text = new StringWriter { NewLine = "\n" };
        foreach (var line in lines)
        {
            var run = ToolRun.Of(new FakeService(), line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Empty(run.Output);
            Assert.StartsWith("error: ", run.Error);
            Assert.Single(run.Error.TrimEnd().Split('\n'));
            text.WriteLine($"> onnx-curvature {line}".TrimEnd());
            text.Write(run.Error.Replace(Directory.GetCurrentDirectory(), "/here", StringComparison.Ordinal));
        }
        Golden.Match("errors.txt", text.ToString());
    }

    [Fact]
    public void An_error_of_the_user_is_one_line_with_the_exit_code_2()
    {
        var run = ToolRun.Of(new FakeService { Inspected = () => throw new UserErrorException("The file 'm'\nis odd.") }, "inspect", "m");
        Assert.Equal(new ToolRun(2, "", "error: The file 'm' is odd.\n"), run);
    }

    [Fact]
    public void An_unexpected_error_says_how_to_report_it()
    {
        var service = new FakeService { Inspected = () => throw new InvalidOperationException("first\nsecond.") };
        Assert.Equal(
            new ToolRun(
                70,
                "",
                "internal error in the program: first second (InvalidOperationException); please report it, with the model and what the "
                    + "same command prints with --debug.\n"
            ),
            ToolRun.Of(service, "inspect", "m")
        );
        var debugged = ToolRun.Of(service, "inspect", "m", "--debug");
        Assert.Equal(70, debugged.Code);
        Assert.StartsWith("internal error: System.InvalidOperationException: first", debugged.Error);
        Assert.Contains(nameof(FakeService), debugged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disagreement_of_the_check_writes_nothing_and_says_which_entries_are_wrong()
    {
        using var folder = new TemporaryFolder();
        var entries = new[] { ("w.gradient", 1.5, 1.5), ("w.hessian_diagonal", 3, 1.5) }.Select(entry => new VerifyEntry(
            entry.Item1,
            [0, 7],
            entry.Item2,
            entry.Item3,
            0.001,
            0,
            "derivative along the entry"
        ));
        var service = new FakeService { OnRun = (_, _) => throw new DisagreementException(new CheckReport([.. entries], [], 0)) };
        var run = ToolRun.Of(service, "run", "m", "-o", folder.File("out.npz"));
        Assert.Equal(ExitCodes.Disagreement, run.Code);
        Golden.Match("disagreement.txt", run.Error);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void An_interruption_ends_with_130_and_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var service = new FakeService
        {
            OnRun = (_, token) =>
            {
                source.Cancel();
                token.ThrowIfCancellationRequested();
            },
        };
        var run = ToolRun.Interrupted(service, ["run", "m", "-o", folder.File("out.npz")], source.Token);
        Assert.Equal(ExitCodes.Interrupted, run.Code);
        Assert.Equal("interrupted; nothing was written.\n", run.Error);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void An_interruption_that_comes_too_late_for_the_run_writes_nothing_either()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var run = ToolRun.Interrupted(
            new FakeService { OnRun = (_, _) => source.Cancel() },
            ["run", "m", "-o", folder.File("out.npz")],
            source.Token
        );
        Assert.Equal(ExitCodes.Interrupted, run.Code);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_failed_run_leaves_the_older_result()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Holding("out.npz", [1, 2, 3]);
        var run = ToolRun.Of(
            new FakeService { OnRun = (_, _) => throw new UserErrorException("The loss is not finite.") },
            "run",
            "m",
            "-o",
            path
        );
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Memory_that_cannot_be_had_is_no_defect_whatever_says_so()
    {
        Exception[] failures =
        [
            new TypeInitializationException("T", new InsufficientMemoryException()),
            new InternalErrorException(new DllNotFoundException("libc.so: failed to map segment from shared object")),
        ];
        foreach (var failure in failures)
        {
            var run = ToolRun.Of(new FakeService { Inspected = () => throw failure }, "inspect", "m");
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.StartsWith("error: There is not enough memory;", run.Error, StringComparison.Ordinal);
        }
    }
}
