using System.Text.RegularExpressions;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>The map of the house names files that there are.</summary>
public sealed partial class MapTests
{
    [Fact]
    public void Every_step_of_the_way_of_a_weight_is_a_file()
    {
        var map = File.ReadAllText(Path.Combine(Repository.Root, "src", "README.md"));
        var (start, end) = (
            map.IndexOf("\n## A weight's way", StringComparison.Ordinal),
            map.IndexOf("\n## How a derivative comes about", StringComparison.Ordinal)
        );
        Assert.True(start >= 0 && end > start, "The map has no section on the way of a weight.");
        var steps = Step().Matches(map[start..end]).Select(match => match.Groups[1].Value).ToArray();
        Assert.InRange(steps.Length, 20, 30);
        Assert.All(steps, step => Assert.True(File.Exists(Path.Combine(Repository.Root, "src", "OnnxCurvature", step + ".cs")), step));
    }

    [GeneratedRegex("`([A-Z]\\w+(?:/\\w+)+)`")]
    private static partial Regex Step();
}
