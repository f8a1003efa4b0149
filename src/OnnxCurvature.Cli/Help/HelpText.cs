using System.CommandLine;
using OnnxCurvature.Cli.Arguments;

namespace OnnxCurvature.Cli.Help;

/// <summary>The help of a command: its usage, its options by group, and examples.</summary>
/// <param name="output">Where it is written to.</param>
/// <param name="width">The most characters of a line.</param>
internal sealed class HelpText(TextWriter output, int width)
{
    /// <summary>The widest name whose text begins on the same line.</summary>
    private const int WidestName = 28;

    private const int ExampleIndent = 6;
    private static readonly string[] EndsOfSentence = [". ", " [default"];
    private const string WholeHelp = "--help-all";

    /// <summary>Writes every option with its whole text.</summary>
    public void WriteWhole(Command command, IEnumerable<string> examples)
    {
        Head(command);
        Section("Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description!)));
        foreach (var (heading, options) in Groups(command))
            Section(heading, options.Select(option => (Name(option), option.Description!)));
        Examples(examples);
    }

    /// <summary>Writes the options that people need first with the first sentence of their texts, and the names of all others.</summary>
    public void WriteShort(Command command, IEnumerable<string> examples)
    {
        Head(command);
        var groups = Groups(command).ToArray();
        IReadOnlyList<Option> first = command is ToolCommand { First.Count: > 0 } tool
            ? tool.First
            : [.. groups.SelectMany(group => group.Options)];
        var rows = command
            .Arguments.Select(argument => (argument.Name, argument.Description!))
            .Concat(first.Select(option => (Name(option), FirstSentence(option.Description!))));
        Section("Options", rows);
        var others = groups.Select(group => (group.Heading, Options: group.Options.Except(first).ToArray())).ToArray();
        if (others.Any(group => group.Options.Length > 0))
            Section(
                $"More options, which {WholeHelp} explains",
                others
                    .Where(group => group.Options.Length > 0)
                    .Select(group => (group.Heading, string.Join(", ", group.Options.Select(option => option.Name))))
            );
        Examples(examples);
    }

    /// <summary>The groups of a command, and last the options that all commands have.</summary>
    internal static IEnumerable<(string Heading, IReadOnlyList<Option> Options)> Groups(Command command)
    {
        var grouped = new HashSet<Option>();
        foreach (var group in command is ToolCommand tool ? tool.Groups : [])
        {
            yield return (group.Heading, [.. group.Options]);
            grouped.UnionWith(group.Options);
        }
        yield return ("Messages and help", [.. command.Options.Concat(Inherited(command)).Where(option => !grouped.Contains(option))]);
    }

    /// <summary>The name of an option with its value, and a shorter name before it.</summary>
    internal static string Name(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).Where(name => name[0] == '-').OrderBy(name => name.Length));
        return option.HelpName is { } value ? $"{names} {value}" : names;
    }

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);

    /// <summary>The text before the first full stop, or before the default.</summary>
    private static string FirstSentence(string text)
    {
        var end = EndsOfSentence.Select(mark => text.IndexOf(mark, StringComparison.Ordinal)).Where(at => at > 0);
        return $"{text[..end.DefaultIfEmpty(text.Length).Min()].TrimEnd('.')}.";
    }

    private static string Usage(Command command)
    {
        if (command is RootCommand root)
            return $"{root.HelpName} COMMAND [options]";
        var required = command
            .Options.Where(option => option.Required)
            .Select(option => $" {option.Aliases.FirstOrDefault() ?? option.Name} {option.HelpName}");
        var arguments = string.Concat(command.Arguments.Select(argument => $" {argument.Name}"));
        return $"onnx-curvature {command.Name}{arguments}{string.Concat(required)} [options]";
    }

    private void Head(Command command)
    {
        Paragraph(command.Description!, indent: 0);
        output.WriteLine();
        output.WriteLine("Usage:");
        Paragraph(Usage(command), indent: 2);
        Section("Commands", command.Subcommands.Select(sub => (sub.Name, sub.Description!)));
    }

    private void Section(string heading, IEnumerable<(string Name, string Text)> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0)
            return;
        output.WriteLine();
        output.WriteLine($"{heading}:");
        var column = all.Select(row => row.Name.Length).Where(length => length <= WidestName).DefaultIfEmpty(WidestName).Max() + 4;
        foreach (var (name, text) in all)
        {
            var lines = TextWrap.Lines(text, width - column).ToArray();
            var beside = name.Length + 4 <= column;
            output.WriteLine(beside ? $"  {name}".PadRight(column) + lines[0] : $"  {name}");
            foreach (var line in beside ? lines[1..] : lines)
                output.WriteLine(new string(' ', column) + line);
        }
    }

    private void Examples(IEnumerable<string> examples)
    {
        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in examples)
            Example(example);
    }

    private void Paragraph(string text, int indent)
    {
        foreach (var line in TextWrap.Lines(text, width - indent))
            output.WriteLine(new string(' ', indent) + line);
    }

    /// <summary>A command, which can be copied whole: a shell takes a line that ends with a backslash together with the next.</summary>
    private void Example(string command)
    {
        const string Continued = " \\";
        string[] lines = [.. TextWrap.Lines(command, width - ExampleIndent - Continued.Length)];
        for (var at = 0; at < lines.Length; at++)
            output.WriteLine(new string(' ', at == 0 ? 2 : ExampleIndent) + lines[at] + (at < lines.Length - 1 ? Continued : ""));
    }
}
