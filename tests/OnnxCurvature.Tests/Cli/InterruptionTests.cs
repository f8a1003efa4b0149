using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>A command that does not listen is left behind when it is interrupted.</summary>
public sealed class InterruptionTests
{
    [Fact]
    public async Task An_interrupted_command_that_does_not_end_by_itself_is_not_waited_for()
    {
        using var never = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var service = new FakeService
        {
            Inspected = () =>
            {
                cancellation.Cancel();
                never.Wait(TestContext.Current.CancellationToken);
                return FakeService.Report;
            },
        };
        var error = new StringWriter();
        var command = new CommandLine(service, new Terminal(new StringWriter(), error, interactive: false));
        var code = await command.Run(["inspect", "model.onnx"], cancellation.Token);
        never.Set();
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.EndsWith("interrupted; nothing was written.", error.ToString().Trim());
    }
}
