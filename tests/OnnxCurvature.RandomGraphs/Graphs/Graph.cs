using System.Collections.Immutable;

namespace OnnxCurvature.RandomGraphs.Graphs;

/// <summary>A node of a model, as its file has it.</summary>
/// <param name="Operator">The ONNX operator.</param>
/// <param name="Inputs">Names of inputs; empty for one that is left out.</param>
/// <param name="Outputs">Names of outputs; empty for one that is left out.</param>
/// <param name="Attributes">Attributes: long, double, string, long[] or double[].</param>
internal sealed record GraphNode(
    string Operator,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    ImmutableDictionary<string, object> Attributes
)
{
    /// <summary>An integer attribute.</summary>
    public long Int(string name, long otherwise) => Attributes.TryGetValue(name, out var value) ? (long)value : otherwise;

    /// <summary>A floating-point attribute.</summary>
    public double Float(string name, double otherwise) => Attributes.TryGetValue(name, out var value) ? (double)value : otherwise;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string otherwise) => Attributes.TryGetValue(name, out var value) ? (string)value : otherwise;

    /// <summary>The body of a loop; null for any other node.</summary>
    public GraphBody? Body => Attributes.GetValueOrDefault("body") as GraphBody;

    /// <summary>A list of integers; null where it is left out.</summary>
    public long[]? Ints(string name) => Attributes.TryGetValue(name, out var value) ? (long[])value : null;

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", Outputs)} = {Operator}({string.Join(", ", Inputs)}){Described()}";

    private string Described() =>
        Attributes.IsEmpty
            ? ""
            : " {"
                + string.Join(
                    ", ",
                    Attributes.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={Text(entry.Value)}")
                )
                + "}";

    private static string Text(object value) =>
        value switch
        {
            long[] list => $"[{string.Join(",", list)}]",
            double number => FormattableString.Invariant($"{number}"),
            GraphBody body =>
                $"({string.Join(", ", body.Parameters)} -> {string.Join("; ", body.Nodes)} -> {string.Join(", ", body.Outputs)})",
            _ => $"{value}",
        };
}

/// <summary>The body of a loop. Its nodes may take values of the graph around it, too.</summary>
/// <param name="Parameters">The inputs of an iteration.</param>
/// <param name="Outputs">The outputs of an iteration, which its own nodes compute.</param>
/// <param name="Nodes">Its nodes.</param>
internal sealed record GraphBody(
    ImmutableArray<GraphValue> Parameters,
    ImmutableArray<GraphValue> Outputs,
    ImmutableArray<GraphNode> Nodes
);

/// <summary>A value that a body is given, or gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">The kind of its elements.</param>
/// <param name="Rank">The number of its axes.</param>
internal readonly record struct GraphValue(string Name, GraphElement Element, int Rank)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The kind of a tensor's elements.</summary>
internal enum GraphElement
{
    /// <summary>Floating-point numbers of the model's own size.</summary>
    Model,

    /// <summary>Floating-point numbers of 32 bits, whatever the model computes in.</summary>
    Single,

    /// <summary>Integers of 64 bits.</summary>
    Integer,

    /// <summary>Integers of 8 bits, with a sign.</summary>
    Byte,

    /// <summary>Booleans.</summary>
    Boolean,
}

/// <summary>A constant of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Floats">Its elements, where they are floating-point numbers.</param>
/// <param name="Integers">Its elements, where they are integers.</param>
internal sealed record GraphConstant(string Name, int[] Shape, double[]? Floats, long[]? Integers)
{
    /// <summary>The elements in its file.</summary>
    public GraphElement Element { get; init; } = Floats is null ? GraphElement.Integer : GraphElement.Model;
}

/// <summary>An input of a model, with the data that it is fed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The sizes of the data.</param>
/// <param name="Floats">The data, where they are floating-point numbers.</param>
/// <param name="Integers">The data, where they are 64-bit integers.</param>
/// <param name="SampleAxis">The axis along which samples lie; −1 for none.</param>
/// <param name="IsSymbolic">Whether the file gives the size of that axis as the symbol N.</param>
internal sealed record GraphInput(string Name, int[] Shape, double[]? Floats, long[]? Integers, int SampleAxis, bool IsSymbolic)
{
    /// <summary>The sample that an element belongs to; −1 for none.</summary>
    public int SampleOf(int index)
    {
        if (SampleAxis < 0)
            return -1;
        var inner = 1;
        for (var axis = SampleAxis + 1; axis < Shape.Length; axis++)
            inner *= Shape[axis];
        return index / inner % Shape[SampleAxis];
    }
}

/// <summary>A model, its data, and where samples lie in its output.</summary>
internal sealed record Graph
{
    /// <summary>The opset.</summary>
    public required int Opset { get; init; }

    /// <summary>The bits of its floating-point numbers: 64, 32 or 16.</summary>
    public required int Bits { get; init; }

    /// <summary>Whether it computes in float64.</summary>
    public bool IsDouble => Bits == 64;

    /// <summary>The number of samples in the data.</summary>
    public required int Samples { get; init; }

    public required ImmutableArray<GraphInput> Inputs { get; init; }

    public required ImmutableArray<GraphConstant> Constants { get; init; }

    public required ImmutableArray<GraphNode> Nodes { get; init; }

    /// <summary>A node that is computed of the output and is not in the file, as the part of it that a loss is taken of.</summary>
    public ImmutableArray<GraphNode> Beyond { get; init; } = [];

    /// <summary>Whether it holds loops.</summary>
    public bool HasLoops => Nodes.Any(node => node.Operator is "Scan" or "Loop");

    /// <summary>Whether numbers are quantized on the way, which counts as the identity in derivatives.</summary>
    public bool IsQuantized => Nodes.Any(node => node.Operator == "QuantizeLinear");

    /// <summary>The model's output.</summary>
    public required string Output { get; init; }

    /// <summary>Constants, inputs and values between that derivatives may be taken by, and where samples lie in them.</summary>
    public required ImmutableArray<Sketch> Targets { get; init; }

    /// <summary>The families and layouts that took part, for counting.</summary>
    public required ImmutableArray<string> Traits { get; init; }
}
