using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// What can be told of a value before anything runs: exporters compute paddings and factors by chains of nodes that begin with constants.
/// </summary>
public static class KnownTensor
{
    /// <summary>The most elements that are computed; shapes, paddings and factors are far shorter.</summary>
    private const int MostElements = 4096;

    /// <summary>The elements of a value that depends on constants and known sizes alone, or null.</summary>
    public static Tensor? Of(Value value) => Of(value, []);

    /// <summary>The elements of a value that must be known; throws <see cref="UnsupportedOperatorException"/> with a sentence where they are not.</summary>
    public static Tensor Required(Value value, string sentence) => Of(value) ?? throw new UnsupportedOperatorException(sentence, value);

    private static Tensor? Of(Value value, Dictionary<Value, Tensor?> found)
    {
        if (!found.TryGetValue(value, out var tensor))
            found[value] = tensor = Compute(value, found);
        return tensor;
    }

    private static Tensor? Compute(Value value, Dictionary<Value, Tensor?> found)
    {
        if (value.Constant is not null)
            return value.CompileIn();
        if (value.Contents is { } contents && contents.All(dim => dim.IsKnown) && value.Type.Shape.IsKnown)
            return Tensor.Of(value.Type.Element, value.Type.Shape.Sizes, [.. contents.Select(dim => dim.Factor)]);
        if (value.Producer is not { Operator: Operator rules } node || !node.Inputs.Concat(node.Outputs).All(IsSmall))
            return null;
        var inputs = node.Inputs.Select(input => input is null ? null : Of(input, found)).ToImmutableArray();
        if (inputs.Where((tensor, index) => tensor is null && node.Inputs[index] is not null).Any())
            return null;
        try
        {
            return rules.Evaluate(node, inputs)[value.Index];
        }
        catch (UnsupportedOperatorException)
        {
            return null;
        }
    }

    private static bool IsSmall(Value? value) => value is null || value.Type.Shape.Elements.Known <= MostElements;
}
