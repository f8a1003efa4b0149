using OnnxCurvature.Cli;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>Progress in logs and on terminals, and tables that fit.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly Clock _clock = new();

    [Fact]
    public void A_line_is_written_at_most_every_second_and_every_5_percent()
    {
        var progress = Lines();
        Report(progress, 0.4, 0.10);
        Report(progress, 0.4, 0.20);
        Assert.Equal("", _output.ToString());
        Report(progress, 0.4, 0.30);
        Report(progress, 2, 0.34);
        Report(progress, 2, 0.355);
        Assert.Equal("run: 30 %, about 2.8 s left (chunk)\nrun: 35 %, about 9.45 s left (chunk)\n", _output.ToString());
    }

    [Fact]
    public void After_a_minute_a_line_is_written_however_slow_it_goes()
    {
        var progress = Lines();
        Report(progress, 59, 0.001);
        Assert.Equal("", _output.ToString());
        Report(progress, 1, 0.001);
        Assert.Equal("run: 0 %, about 16 h 39 min left (chunk)\n", _output.ToString());
    }

    [Fact]
    public void The_end_needs_no_line()
    {
        Report(Lines(), 10, 1);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public void On_a_terminal_a_bar_moves_and_the_result_is_given_on()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: true, width: 80);
        Assert.Equal(
            5,
            ProgressView.Show(
                terminal,
                "run",
                progress =>
                {
                    progress.Report(new RunProgress(0.5, "batch [1] of 2"));
                    return 5;
                }
            )
        );
    }

    [Fact]
    public void Numbers_are_not_cut_in_a_narrow_terminal()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: true, width: 40);
        PlanView.Show(terminal, new PlanOverview([FakeService.ConvPlan with { Target = new string('w', 90) }], [], 3, 1, 1, null));
        Assert.Matches(@"1,000\s+25\s+3,200\s+1\.5 GiB", _output.ToString());
    }

    [Fact]
    public void Nothing_wraps_in_a_pipe()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: false);
        var name = string.Join(" ", Enumerable.Repeat("long", 100));
        PlanView.Show(terminal, new PlanOverview([FakeService.ConvPlan with { Target = name, Reason = name }], [], 3, 1, 1, null));
        Assert.Equal(2, _output.ToString().Split('\n').Count(line => line.Contains(name, StringComparison.Ordinal)));
    }

    public void Dispose() => _output.Dispose();

    private ProgressLines Lines() => new(new Terminal(_output, TextWriter.Null, interactive: false, time: _clock), "run");

    private void Report(ProgressLines progress, double seconds, double fraction)
    {
        _clock.Seconds += seconds;
        progress.Report(new RunProgress(fraction, "chunk"));
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)Math.Round(Seconds * 1000);
    }
}
