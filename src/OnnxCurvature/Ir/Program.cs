using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>An output of a program and the name under which it is given out.</summary>
internal sealed record NamedValue(string Name, Value Value);

/// <summary>
/// A program: parameters in, named outputs out, and the nodes between them in an order in which every node comes after those
/// it depends on. The body of a loop or a branch is a program, too; its nodes may take values of the programs around it.
/// </summary>
internal sealed class Program
{
    private readonly Lazy<IReadOnlyList<Value>> _captures;

    private Program(ImmutableArray<Value> parameters, ImmutableArray<NamedValue> outputs, ImmutableArray<Node> nodes)
    {
        Parameters = parameters;
        Outputs = outputs;
        Nodes = nodes;
        _captures = new(FindCaptures);
    }

    /// <summary>The values that are fed from outside, in order.</summary>
    public ImmutableArray<Value> Parameters { get; }

    /// <summary>The outputs, in order.</summary>
    public ImmutableArray<NamedValue> Outputs { get; }

    /// <summary>The nodes, in topological order; only those that an output needs.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The values of outer programs that this one takes, each once, in order of first use.</summary>
    internal IReadOnlyList<Value> Captures => _captures.Value;

    /// <summary>The part that depends on the parameters; what does not is captured. It has the same outputs.</summary>
    public Program Dependent() =>
        new(Parameters, Outputs, GraphWalk.Between(Parameters.ToHashSet(), Outputs.Select(output => output.Value)));

    /// <summary>
    /// The program that computes <paramref name="outputs"/> from <paramref name="parameters"/>, without the nodes that no output needs. A
    /// parameter may be any value: what computes it is left out. With a <paramref name="scope"/> only nodes of that builder belong to the
    /// program, and it captures what they take from others.
    /// </summary>
    public static Program Create(IEnumerable<Value> parameters, IEnumerable<NamedValue> outputs, GraphBuilder? scope = null)
    {
        var given = parameters.ToImmutableArray();
        var named = outputs.ToImmutableArray();
        return new Program(given, named, GraphWalk.Ancestors(named.Select(output => output.Value), given.ToHashSet(), scope));
    }

    private List<Value> FindCaptures()
    {
        var inside = new HashSet<Value>(Parameters);
        var seen = new HashSet<Value>();
        var captures = new List<Value>();
        foreach (var node in Nodes)
        {
            foreach (var value in node.Dependencies)
                if (!inside.Contains(value) && seen.Add(value))
                    captures.Add(value);
            inside.UnionWith(node.Outputs);
        }
        foreach (var output in Outputs)
            if (!inside.Contains(output.Value) && seen.Add(output.Value))
                captures.Add(output.Value);
        return captures;
    }
}
