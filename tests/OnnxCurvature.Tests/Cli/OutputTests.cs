using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>A standard output that takes nothing is an error of one sentence, which says what was done all the same.</summary>
public sealed class OutputTests
{
    [Fact]
    public async Task A_full_output_ends_a_command_with_one_sentence()
    {
        var (code, error) = await Run("inspect", "model.onnx");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Equal("error: The standard output cannot be written to (no room); send it somewhere else.", error);
    }

    [Fact]
    public async Task A_full_output_after_a_file_was_written_names_the_file()
    {
        var (code, error) = await Run("augment", "model.onnx", "-o", "out.onnx", "--wrt", "w", "--loss", "mse");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.EndsWith("All was done, and 'out.onnx' is complete.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect model.onnx")]
    [InlineData("augment model.onnx -o out.onnx --wrt w --loss mse")]
    [InlineData("calibrate")]
    public async Task A_full_output_keeps_no_report_from_its_file(string words)
    {
        using var folder = new TemporaryFolder();
        var (code, error) = await Run([.. words.Split(' '), "--json", folder.File("report.json")]);
        Assert.Equal(ExitCodes.UserError, code);
        Assert.DoesNotContain("''", error, StringComparison.Ordinal);
        Assert.NotEmpty(await File.ReadAllTextAsync(folder.File("report.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_error_that_cannot_be_shown_leaves_the_exit_code()
    {
        using var output = new StringWriter();
        await using var error = new StreamWriter(new FullStream()) { AutoFlush = true };
        var command = new CommandLine(new FakeService(), new Terminal(output, error, interactive: false, time: new StillClock()));
        Assert.Equal(ExitCodes.UserError, await command.Run(["nothing"], TestContext.Current.CancellationToken));
    }

    private static async Task<(int Code, string Error)> Run(params string[] arguments)
    {
        using var error = new StringWriter();
        await using var output = new StreamWriter(new StandardStream(new FullStream())) { AutoFlush = true };
        var command = new CommandLine(new FakeService(), new Terminal(output, error, interactive: false, time: new StillClock()));
        var code = await command.Run(arguments, TestContext.Current.CancellationToken);
        return (code, error.ToString().Trim());
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no room");

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("no room");
    }
}
