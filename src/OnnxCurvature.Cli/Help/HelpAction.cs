using System.CommandLine;
using System.CommandLine.Invocation;

namespace OnnxCurvature.Cli.Help;

/// <summary><c>--help</c> and <c>--help-all</c>.</summary>
/// <param name="terminal">Where the help is shown.</param>
/// <param name="examples">The examples of the tool as a whole.</param>
/// <param name="isWhole">Whether every option is explained with its whole text.</param>
internal sealed class HelpAction(Terminal terminal, IReadOnlyList<string> examples, bool isWhole) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var help = new HelpText(parseResult.InvocationConfiguration.Output, terminal.TextWidth);
        var command = parseResult.CommandResult.Command;
        var shown = command is ToolCommand tool ? tool.Examples : examples;
        if (isWhole)
            help.WriteWhole(command, shown);
        else
            help.WriteShort(command, shown);
        return ExitCodes.Success;
    }
}
