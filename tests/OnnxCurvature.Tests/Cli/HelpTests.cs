using System.Reflection;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The help text.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => ["", "inspect", "augment", "run", "verify", "analyze"];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_is_as_approved(string command)
    {
        var run = ToolRun.Of(new FakeService(), [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCodes.Success, run.Code);
        Golden.Match($"help{(command.Length > 0 ? "-" : "")}{command}.txt", run.ToString());
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
        Assert.All(options, option => Assert.Contains("[default", option.Description, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_option_of_a_command_is_in_a_group()
    {
        var root = new CommandLine(new FakeService(), new Terminal(TextWriter.Null, TextWriter.Null, interactive: false)).Root;
        Assert.All(
            root.Subcommands.Cast<ToolCommand>(),
            command => Assert.Equal(command.Options, command.Groups.SelectMany(group => group.Options))
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
