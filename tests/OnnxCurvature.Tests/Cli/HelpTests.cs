using System.Reflection;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The help text.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands =>
        [
            "",
            "inspect",
            "augment",
            "run",
            "verify",
            "merge",
            "analyze",
            "sensitivity",
            "prune",
            "importance",
            "laplace",
            "spectrum",
            "calibrate",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_is_as_approved(string command)
    {
        foreach (var width in new[] { 80, 120 })
        {
            var text = Help(command, "--help", width);
            Assert.InRange(text.Split('\n').Length, 5, 60);
            Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, width), throwIfEmpty: true);
            Golden.Match($"{GoldenName(command)}-{width}.txt", text);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_whole_help_is_as_approved(string command) =>
        Golden.Match($"{GoldenName(command)}-all.txt", Help(command, "--help-all", 80));

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_short_help_explains_or_names_every_option_and_each_line_that_explains_one_is_short(string command)
    {
        var text = Help(command, "--help", 80);
        Assert.NotEmpty(OptionsOf(command));
        foreach (var option in OptionsOf(command))
            Assert.Contains(option.Name, text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_options_holds_the_whole_help()
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine("# Options");
        text.WriteLine();
        text.WriteLine("`--help` explains the options that people need first, and `--help-all` all of them, as this page does.");
        foreach (var command in Commands.Select(row => (string)row.Data).Where(command => command.Length > 0))
        {
            text.WriteLine();
            text.WriteLine($"## {command}");
            text.WriteLine();
            text.WriteLine("```text");
            text.Write(Help(command, "--help-all", 100));
            text.WriteLine("```");
        }
        Golden.MatchPage("src/docs/options.md", text.ToString());
    }

    private static string Help(string command, string option, int width)
    {
        var run = ToolRun.Within(width, new FakeService(), [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), option]);
        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        return run.Output;
    }

    private static string GoldenName(string command) => $"help{(command.Length > 0 ? "-" : "")}{command}";

    private static IEnumerable<System.CommandLine.Option> OptionsOf(string command)
    {
        var root = new CommandLine(new FakeService(), new Terminal(TextWriter.Null, TextWriter.Null, interactive: false)).Root;
        return command.Length == 0 ? root.Options : root.Subcommands.Single(sub => sub.Name == command).Options;
    }

    [Fact]
    public void Every_option_says_its_default_or_that_it_is_required()
    {
        var root = new CommandLine(new FakeService(), new Terminal(TextWriter.Null, TextWriter.Null, interactive: false)).Root;
        var options = root
            .Subcommands.SelectMany(command => command.Options)
            .Where(option => !option.Required && option.Name is not "--help" and not "--data")
            .ToArray();
        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains("[default", option.Description, StringComparison.Ordinal), throwIfEmpty: true);
    }

    [Fact]
    public void Every_option_of_a_command_is_in_a_group()
    {
        var root = new CommandLine(new FakeService(), new Terminal(TextWriter.Null, TextWriter.Null, interactive: false)).Root;
        Assert.All(
            root.Subcommands.Cast<ToolCommand>(),
            command => Assert.Equal(command.Options, command.Groups.SelectMany(group => group.Options)),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void The_examples_can_be_parsed()
    {
        foreach (var command in Commands)
        {
            var lines = ToolRun
                .Of(new FakeService(), [.. command.Data.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])
                .Output.Replace(" \\\n", " ", StringComparison.Ordinal)
                .Split('\n');
            foreach (var line in lines.SkipWhile(line => line != "Examples:").Skip(1).Where(line => line.Length > 0))
            {
                var words = System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(line.Replace('\'', '"')).ToArray();
                Assert.Equal("onnx-curvature", words[0]);
                // The files of the examples are not there; all before that must be right.
                var run = ToolRun.Of(new FakeService(), words[1..]);
                Assert.True(run.Code == 0 || run.Error.Contains("There is no file", StringComparison.Ordinal), $"{line}: {run.Error}");
            }
        }
    }

    [Fact]
    public void The_version_is_that_of_the_tool()
    {
        var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        Assert.Equal($"onnx-curvature {Regex.Replace(version, @"\+.*", "")}\n", ToolRun.Of(new FakeService(), "--version").Output);
    }
}
