using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>An output of a program and the name under which it is given out.</summary>
public sealed record NamedValue(string Name, Value Value);

/// <summary>
/// A program: parameters in, named outputs out, and the nodes between them in an order in which every node comes after those
/// it depends on. The body of a loop or a branch is a program, too; its nodes may take values of the programs around it.
/// </summary>
public sealed class Program
{
    private Program(ImmutableArray<Value> parameters, ImmutableArray<NamedValue> outputs, ImmutableArray<Node> nodes)
    {
        Parameters = parameters;
        Outputs = outputs;
        Nodes = nodes;
    }

    /// <summary>The values that are fed from outside, in order.</summary>
    public ImmutableArray<Value> Parameters { get; }

    /// <summary>What is given out, in order.</summary>
    public ImmutableArray<NamedValue> Outputs { get; }

    /// <summary>The nodes, in topological order; only those that an output needs.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>
    /// The program that computes <paramref name="outputs"/>. Nodes that no output needs are left out. Values of
    /// <paramref name="captured"/> are taken as given: what computes them is left out as well.
    /// </summary>
    public static Program Create(IEnumerable<Value> parameters, IEnumerable<NamedValue> outputs, IReadOnlySet<Value>? captured = null)
    {
        var named = outputs.ToImmutableArray();
        return new Program([.. parameters], named, GraphWalk.Ancestors(named.Select(output => output.Value), captured));
    }
}
