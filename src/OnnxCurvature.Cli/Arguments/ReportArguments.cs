using System.CommandLine;
using System.Text;
using OnnxCurvature.Files;
using OnnxCurvature.Report;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Whether a report for programs is written.</summary>
internal sealed class ReportArguments() : OptionGroup("Report")
{
    private const string StandardOutput = "-";

    public Option<string?> Json { get; } =
        new("--json")
        {
            HelpName = "FILE|-",
            Description =
                "Write a report for programs, as JSON. - or nothing stands for the standard output, which then holds nothing else "
                + "[default: text for people].",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Json];

    /// <summary>
    /// Makes way for the report before a command begins. Throws <see cref="UserErrorException"/> where its file would overwrite one of
    /// <paramref name="files"/>, or cannot be written.
    /// </summary>
    public void Prepare(ParseResult parsed, Terminal terminal, IReadOnlyCollection<string> files)
    {
        if (PathOf(parsed) is not { } path)
            return;
        terminal.IsOutputTaken = path == StandardOutput;
        if (terminal.IsOutputTaken)
            return;
        RealPath.RefuseOverwriting(path, files);
        ResultFile.CheckWritable(path);
    }

    /// <summary>Writes the report where one is asked for.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Func<string> report)
    {
        if (PathOf(parsed) is not { } path)
            return;
        if (path == StandardOutput)
            terminal.Output.Write(report());
        else
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(report())));
    }

    private string? PathOf(ParseResult parsed) => parsed.GetResult(Json) is null ? null : parsed.GetValue(Json) ?? StandardOutput;
}
