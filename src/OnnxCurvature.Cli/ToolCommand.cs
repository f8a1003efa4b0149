using System.CommandLine;
using OnnxCurvature.Cli.Arguments;

namespace OnnxCurvature.Cli;

/// <summary>A command whose options come in groups.</summary>
internal sealed class ToolCommand(string name, string description) : Command(name, description)
{
    private readonly List<OptionGroup> _groups = [];

    /// <summary>The groups, in the order of the help.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>The options that people need first, which the short help explains; empty where it explains all.</summary>
    public IReadOnlyList<Option> First { get; set; } = [];

    /// <summary>Command lines that the help shows.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Adds all options of a group.</summary>
    public void Add(OptionGroup group)
    {
        _groups.Add(group);
        foreach (var option in group.Options)
            Add(option);
    }
}
