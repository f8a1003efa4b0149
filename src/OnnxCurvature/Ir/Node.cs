using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>One application of an operator.</summary>
internal sealed class Node
{
    internal Node(
        int id,
        GraphBuilder scope,
        OperatorSchema op,
        ImmutableArray<Value?> inputs,
        Attributes attributes,
        ReadOnlySpan<(TensorType Type, string? Name)> outputs,
        string? name,
        NodeOrigin? origin
    )
    {
        Id = id;
        Scope = scope;
        Operator = op;
        Inputs = inputs;
        Attributes = attributes;
        Bodies = attributes.Programs;
        Dependencies = DependenciesOf(inputs, Bodies);
        HoldsNoParameter = Array.TrueForAll(Dependencies, GraphWalk.HoldsNoParameter);
        Name = name;
        Origin = origin;
        var values = ImmutableArray.CreateBuilder<Value>(outputs.Length);
        for (var index = 0; index < outputs.Length; index++)
            values.Add(new Value(outputs[index].Type, outputs[index].Name, null, this, index));
        Outputs = values.MoveToImmutable();
    }

    /// <summary>The position in which the node was built. A node comes after all nodes whose outputs it takes.</summary>
    public int Id { get; }

    /// <summary>The builder of the program or body that the node belongs to.</summary>
    internal GraphBuilder Scope { get; }

    /// <summary>The operator.</summary>
    public OperatorSchema Operator { get; }

    /// <summary>The inputs; an optional one that is left out is null.</summary>
    public ImmutableArray<Value?> Inputs { get; }

    /// <summary>The attributes, in the operator's canonical form.</summary>
    public Attributes Attributes { get; }

    /// <summary>The outputs.</summary>
    public ImmutableArray<Value> Outputs { get; }

    /// <summary>The only output, or the first of several.</summary>
    public Value Output => Outputs[0];

    /// <summary>The name that the model gave the node, or null.</summary>
    public string? Name { get; }

    /// <summary>
    /// The purpose of the node, in terms of the model ("gradient of Conv 'conv4_3'"), or null for a node of the model.
    /// </summary>
    public NodeOrigin? Origin { get; }

    /// <summary>The input at a position, or null where it is left out or the list is shorter.</summary>
    public Value? Input(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>The programs among the attributes (bodies of loops and branches).</summary>
    public ImmutableArray<Program> Bodies { get; }

    /// <summary>
    /// The inputs that are there, and what the bodies take from outside. Walks ask for it far more often than nodes are made.
    /// </summary>
    internal Value[] Dependencies { get; }

    /// <summary>
    /// Whether the node is computed from constants alone. It is noted with the node, since passes ask for it of every node, and a walk to
    /// the beginning of the graph would make them quadratic.
    /// </summary>
    internal bool HoldsNoParameter { get; }

    private static Value[] DependenciesOf(ImmutableArray<Value?> inputs, ImmutableArray<Program> bodies) =>
        [.. inputs.OfType<Value>(), .. bodies.SelectMany(body => body.Captures)];

    /// <inheritdoc/>
    /// <remarks>
    /// Nodes are equal only when they are the same; most walks keep sets of them, and a number of their own spreads well.
    /// </remarks>
    public override int GetHashCode() => Id;

    /// <summary>How messages name the node: operator and name.</summary>
    public override string ToString() =>
        Name is { Length: > 0 } name ? $"{Operator.CommonName} '{name}'"
        : Outputs.Length > 0 && Output.Name is { } output ? $"{Operator.CommonName} that makes '{output}'"
        : Operator.CommonName;
}
