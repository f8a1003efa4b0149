using System.CommandLine;

namespace OnnxCurvature.Cli.Help;

/// <summary>The help of a command: its usage, and its options by group.</summary>
/// <param name="output">Where it is written to.</param>
/// <param name="width">The most characters of a line.</param>
internal sealed class HelpText(TextWriter output, int width)
{
    /// <summary>The widest name whose text begins on the same line.</summary>
    private const int WidestName = 28;

    private const int ExampleIndent = 6;

    /// <summary>Writes the help.</summary>
    public void Write(Command command, IEnumerable<string> examples)
    {
        Paragraph(command.Description!, indent: 0);
        output.WriteLine();
        output.WriteLine("Usage:");
        Paragraph(Usage(command), indent: 2);
        Section("Commands", command.Subcommands.Select(sub => (sub.Name, sub.Description!)));
        Section("Arguments", command.Arguments.Select(argument => (argument.Name, argument.Description!)));
        var grouped = new HashSet<Option>();
        foreach (var group in command is ToolCommand tool ? tool.Groups : [])
        {
            Section(group.Heading, group.Options.Select(option => (Name(option), option.Description!)));
            grouped.UnionWith(group.Options);
        }
        var others = command.Options.Concat(Inherited(command)).Where(option => !grouped.Contains(option));
        Section("Other options", others.Select(option => (Name(option), option.Description!)));
        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in examples)
            Example(example);
    }

    private static string Usage(Command command)
    {
        if (command is RootCommand root)
            return $"{root.HelpName} COMMAND [options]";
        var required = command.Options.Where(option => option.Required).Select(option => $" {Short(option)} {option.HelpName}");
        var arguments = string.Concat(command.Arguments.Select(argument => $" {argument.Name}"));
        return $"onnx-curvature {command.Name}{arguments}{string.Concat(required)} [options]";
    }

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);

    private static string Short(Option option) => option.Aliases.FirstOrDefault() ?? option.Name;

    private static string Name(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).Where(name => name[0] == '-').OrderBy(name => name.Length));
        return option.HelpName is { } value ? $"{names} {value}" : names;
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
