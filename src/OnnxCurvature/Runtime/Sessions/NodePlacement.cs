using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>Where ONNX Runtime has put the nodes of sessions, as it logs when it has made them.</summary>
/// <param name="Nodes">The number of nodes by provider.</param>
/// <param name="OnCpu">The nodes on the CPU of sessions that also have nodes elsewhere: operator and name.</param>
internal sealed partial record NodePlacement(ImmutableSortedDictionary<string, int> Nodes, ImmutableArray<string> OnCpu)
{
    private const string Cpu = "CPUExecutionProvider";

    /// <summary>Nothing is placed.</summary>
    public static NodePlacement None { get; } = new(ImmutableSortedDictionary<string, int>.Empty, []);

    /// <summary>Reads the placement from what was logged while a session was made; null where it does not say.</summary>
    public static NodePlacement? Read(IEnumerable<string> log)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        var cpu = ImmutableArray.CreateBuilder<string>();
        string? at = null;
        foreach (var line in log.SelectMany(message => message.Split('\n')))
            if (Heading().Match(line) is { Success: true } heading)
            {
                at = heading.Groups["provider"].Value;
                nodes[at] = nodes.GetValueOrDefault(at) + int.Parse(heading.Groups["count"].Value, CultureInfo.InvariantCulture);
            }
            else if (at == Cpu && Entry().Match(line) is { Success: true } entry)
                cpu.Add($"{entry.Groups["op"].Value} '{entry.Groups["name"].Value}'");
            else if (!Entry().IsMatch(line))
                at = null;
        return nodes.Count == 0 ? null : new NodePlacement(nodes.ToImmutable(), cpu.ToImmutable());
    }

    /// <summary>This and another placement together.</summary>
    public NodePlacement With(NodePlacement other) =>
        new(
            other.Nodes.Aggregate(Nodes, (sum, entry) => sum.SetItem(entry.Key, sum.GetValueOrDefault(entry.Key) + entry.Value)),
            OnCpu.AddRange(other.OnCpu)
        );

    /// <summary>One sentence: how many nodes run where, and which fell to the CPU.</summary>
    public string Describe()
    {
        var onCpu = Nodes.GetValueOrDefault(Cpu);
        var elsewhere = Nodes.Values.Sum() - onCpu;
        if (onCpu == 0)
            return string.Create(CultureInfo.InvariantCulture, $"ONNX Runtime runs all {elsewhere} nodes on CUDA.");
        var groups = OnCpu
            .GroupBy(node => node[..node.IndexOf(' ', StringComparison.Ordinal)])
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Count() == 1 ? group.First() : $"{group.Key} ({group.Count()})")
            .ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"ONNX Runtime runs {elsewhere} nodes on CUDA and {onCpu} on the "
                + $"CPU{(groups.Length > 0 ? ": " + string.Join(", ", groups) : "")}."
        );
    }

    // " Node(s) placed on [CUDAExecutionProvider]. Number of nodes: 12", "All nodes placed on [CPUExecutionProvider]. Number of nodes: 3",
    // "  Conv (conv1)".
    [GeneratedRegex(@"[Nn]ode(?:\(s\)|s) placed on \[(?<provider>\w+)\]\. Number of nodes: (?<count>\d+)")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\s+(?<op>\w+) \((?<name>.*)\)\s*$")]
    private static partial Regex Entry();
}
