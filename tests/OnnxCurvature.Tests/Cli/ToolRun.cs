using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>One run of the tool, with what it wrote.</summary>
internal sealed record ToolRun(int Code, string Output, string Error)
{
    /// <summary>Runs the tool as a pipe would have it.</summary>
    public static ToolRun Of(ICurvatureService service, params IReadOnlyList<string> arguments) =>
        Interrupted(service, arguments, TestContext.Current.CancellationToken);

    /// <summary>Runs the tool as a person sees it in a window of some width.</summary>
    public static ToolRun Within(int width, ICurvatureService service, params IReadOnlyList<string> arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, error, interactive: true, width, new StillClock(), errorInteractive: true, plain: true);
        var code = new CommandLine(service, terminal).Run(arguments, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs the tool, which <paramref name="cancellation"/> interrupts.</summary>
    public static ToolRun Interrupted(ICurvatureService service, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = new CommandLine(service, new Terminal(output, error, interactive: false, time: new StillClock()))
            .Run(arguments, cancellation)
            .GetAwaiter()
            .GetResult();
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>All that a person saw, for comparison with an approved text.</summary>
    public override string ToString() => $"{Output}{Error}exit {Code}\n";
}
