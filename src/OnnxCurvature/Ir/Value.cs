namespace OnnxCurvature.Ir;

/// <summary>
/// A value of a program in single-assignment form: a parameter (fed from outside), a constant, or one output of a node.
/// Its name is known where the model gave one; names for all others are made at export.
/// </summary>
public sealed class Value
{
    internal Value(TensorType type, string? name, Constant? constant, Node? producer, int index)
    {
        Type = type;
        Name = name;
        Constant = constant;
        Producer = producer;
        Index = index;
    }

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; }

    /// <summary>The name in the model, or null for a value that a transform made.</summary>
    public string? Name { get; }

    /// <summary>The contents of a constant, else null.</summary>
    public Constant? Constant { get; }

    /// <summary>The node that computes the value, or null for parameters and constants.</summary>
    public Node? Producer { get; }

    /// <summary>Which output of the producer this is.</summary>
    public int Index { get; }

    /// <summary>Whether this is fed from outside.</summary>
    public bool IsParameter => Producer is null && Constant is null;

    /// <inheritdoc/>
    public override string ToString() => $"{Name ?? "%"}: {Type}";
}
