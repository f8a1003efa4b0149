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

    [Fact]
    public async Task An_interrupted_command_is_left_behind_also_while_all_threads_of_the_pool_are_at_work()
    {
        using var never = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var (waiting, begun) = (4 * Environment.ProcessorCount + 60, 0);
        var work = new List<Task>();
        var service = new FakeService
        {
            Inspected = () =>
            {
                for (var index = 0; index < waiting; index++)
                    work.Add(Task.Run(Wait));
                cancellation.Cancel();
                Wait();
                return FakeService.Report;
            },
        };
        var error = new StringWriter();
        var command = new CommandLine(service, new Terminal(new StringWriter(), error, interactive: false));
        var code = await command.Run(["inspect", "model.onnx"], cancellation.Token);
        // A task that waits for a thread of the pool comes after all that was queued before it.
        var before = Volatile.Read(ref begun);
        never.Set();
        await Task.WhenAll(work);
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.InRange(before, 1, waiting - 1);

        void Wait()
        {
            Interlocked.Increment(ref begun);
            never.Wait(TestContext.Current.CancellationToken);
        }
    }
}
