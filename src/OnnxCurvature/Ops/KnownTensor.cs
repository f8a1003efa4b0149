using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// The contents of a value that can be inferred before anything runs: exporters compute paddings and factors by chains of nodes that begin
/// with constants.
/// </summary>
internal static class KnownTensor
{
    /// <summary>The most elements that are computed; shapes, paddings and factors are far shorter.</summary>
    private const int MostElements = 4096;

    /// <summary>The most elements that are read of a constant.</summary>
    private const int MostRead = 1 << 16;

    /// <summary>
    /// The elements of a value that must be known; throws <see cref="UnsupportedOperatorException"/> with a sentence where they are not.
    /// </summary>
    public static Tensor Required(Value value, string sentence) => Of(value) ?? throw new UnsupportedOperatorException(sentence, value);

    /// <summary>The steps that a node takes besides those of its arithmetic.</summary>
    private const int StepsOfNode = 100;

    /// <summary>
    /// The elements of a value that depends on constants and known sizes alone, or null. Throws <see cref="WorkLimitException"/> where
    /// computing them takes more steps than are left.
    /// </summary>
    public static Tensor? Of(Value value)
    {
        var found = new Dictionary<Value, Tensor?>();
        var pending = new Stack<Value>();
        pending.Push(value);
        // A loop and no recursion, since a chain of nodes may be of any length.
        while (pending.TryPeek(out var next))
        {
            var before = pending.Count;
            if (!found.ContainsKey(next))
                foreach (var input in Needed(next))
                    if (!found.ContainsKey(input))
                        pending.Push(input);
            if (pending.Count > before)
                continue;
            pending.Pop();
            if (!found.ContainsKey(next))
                found[next] = Compute(next, found);
        }
        return found[value];
    }

    /// <summary>
    /// The whole number or truth value that a value is known to hold, or null where it is not known. Throws
    /// <see cref="UnsupportedOperatorException"/> where the value holds none, or more than one.
    /// </summary>
    public static long? Integer(Value value) =>
        Of(value) is not { } tensor ? null
        : tensor.Count == 1 && !tensor.Element.HoldsFloats() ? tensor.Integers[0]
        : throw new UnsupportedOperatorException($"a single whole number is expected where it takes {tensor.Type}.");

    /// <summary>The values that must be known before one can be computed; none where it can be read, or not be computed at all.</summary>
    private static IEnumerable<Value> Needed(Value value) =>
        IsRead(value) || !IsComputed(value) ? [] : value.Producer!.Inputs.OfType<Value>();

    private static bool IsRead(Value value) =>
        value.Constant is not null || value.Contents is { } contents && contents.All(dim => dim.IsKnown) && value.Type.Shape.IsKnown;

    /// <summary>Loops are not computed: how many iterations they have may be known only when they end.</summary>
    private static bool IsComputed(Value value) =>
        value.Producer is { Operator: Operator } node
        && !node.Bodies.Any()
        && node.Inputs.Concat(node.Outputs).All(input => IsSmall(input, MostElements));

    private static Tensor? Compute(Value value, Dictionary<Value, Tensor?> found)
    {
        if (value.Constant is not null)
            return IsSmall(value, MostRead) ? value.CompileIn() : null;
        if (IsRead(value))
            return Tensor.Of(value.Type.Element, value.Type.Shape.Sizes, [.. value.Contents!.Value.Select(dim => dim.Factor)]);
        if (!IsComputed(value))
            return null;
        var node = value.Producer!;
        var inputs = node.Inputs.Select(input => input is null ? null : found[input]).ToImmutableArray();
        if (inputs.Where((tensor, index) => tensor is null && node.Inputs[index] is not null).Any())
            return null;
        node.Scope.Budget.TakeSteps(StepsOfNode + node.Rules().Flops(node, dim => dim.Factor));
        try
        {
            return node.Rules().Evaluate(node, inputs)[value.Index];
        }
        catch (Exception exception)
            when (exception
                    is UnsupportedOperatorException
                        or ArithmeticException
                        or ShapeException
                        or IndexOutOfRangeException
                        or ArgumentOutOfRangeException
            )
        {
            // Numbers of the file point out of its tensors, which ONNX Runtime reports where the node is run.
            return null;
        }
    }

    private static bool IsSmall(Value? value, int most) =>
        value is null || value.Type.Shape.IsKnown && value.Type.Shape.Elements.Factor <= most;
}
