using System.Reflection;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The help text.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => ["", "inspect", "augment", "run", "verify"];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_is_as_approved(string command)
    {
        var run = ToolRun.Of(new FakeService(), [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCodes.Success, run.Code);
        Golden.Match($"help{(command.Length > 0 ? "-" : "")}{command}.txt", run.ToString());
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_says_its_default_or_that_it_is_required(string command)
    {
        var text = ToolRun.Of(new FakeService(), [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Output;
        var options = text.Split('\n')
            .Where(line =>
                line.StartsWith("  -", StringComparison.Ordinal)
                && !line.Contains("--help", StringComparison.Ordinal)
                && !line.Contains("--version", StringComparison.Ordinal)
            )
            .ToArray();
        Assert.NotEmpty(options);
        Assert.All(options, line => Assert.Matches(@"\[default|\(REQUIRED\)||--data", line));
    }

    [Fact]
    public void The_examples_can_be_parsed()
    {
        foreach (var command in Commands)
        {
            var lines = ToolRun
                .Of(new FakeService(), [.. command.Data.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])
                .Output.Split('\n');
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
