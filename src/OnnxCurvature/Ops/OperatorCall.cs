using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>An application of an operator by name, as a file of some opset holds it or as it is about to be built.</summary>
/// <param name="Name">The operator's name.</param>
/// <param name="Domain">Its domain; empty for ai.onnx.</param>
/// <param name="Inputs">The inputs; null where an optional one is left out.</param>
/// <param name="Attributes">The attributes.</param>
/// <param name="OutputCount">How many outputs are asked for.</param>
internal sealed record OperatorCall(string Name, string Domain, ImmutableArray<Value?> Inputs, Attributes Attributes, int OutputCount)
{
    /// <summary>The input at a position, or null where it is left out.</summary>
    public Value? Input(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>The input at a position; throws <see cref="UnsupportedOperatorException"/> where it is left out.</summary>
    public Value Required(int index) => Input(index) ?? throw new UnsupportedOperatorException($"{Name} lacks its input {index}.");

    /// <summary>
    /// The integers of an input that is a constant or is known to have certain elements, or null where it is left out; throws
    /// <see cref="UnsupportedOperatorException"/> where they are known only at run time.
    /// </summary>
    public long[]? ConstantIntegers(int index)
    {
        if (Input(index) is not { } input)
            return null;
        if (input.Contents is { } contents && contents.All(dim => dim.IsKnown))
            return [.. contents.Select(dim => dim.Factor)];
        if (input.Type.Element.HoldsFloats() || input.Type.Rank > 1)
            throw new UnsupportedOperatorException($"input {index} of {Name} is {input.Type}, and a list of whole numbers is expected.");
        return KnownTensor
            .Required(input, $"input {index} of {Name} is computed at run time, and only a constant is supported there.")
            .Integers;
    }

    /// <summary>
    /// The only element of an input that must be known; throws <see cref="UnsupportedOperatorException"/> where it is left out, not known,
    /// or not one.
    /// </summary>
    public long ConstantInteger(int index)
    {
        Required(index);
        return ConstantIntegers(index) is [var only]
            ? only
            : throw new UnsupportedOperatorException(
                $"input {index} of {Name} is {Input(index)!.Type}, and a single whole number is expected."
            );
    }

    /// <summary>
    /// The elements of an input that holds sizes, one for each of some axes, of which some may be symbols, or null where it is left out;
    /// throws <see cref="UnsupportedOperatorException"/> where nothing is known of them, and <see cref="ShapeException"/> where there are
    /// more than a tensor has axes.
    /// </summary>
    public ImmutableArray<Dim>? Sizes(int index)
    {
        if (Input(index)?.Type.Shape.Elements.Known > TensorShape.HighestRank)
            throw new ShapeException(
                $"input {index} of {Name} holds {Input(index)!.Type.Shape.Elements} sizes, and a tensor has {TensorShape.HighestRank} "
                    + $"dimensions at most"
            );
        return Input(index) is { Contents: { } contents }
            ? contents
            : ConstantIntegers(index)?.Select(size => (Dim)size).ToImmutableArray();
    }

    /// <summary>The same call with other inputs; trailing inputs that are left out are dropped.</summary>
    public OperatorCall WithInputs(params IEnumerable<Value?> inputs)
    {
        var list = inputs.ToList();
        while (list.Count > 0 && list[^1] is null)
            list.RemoveAt(list.Count - 1);
        return this with { Inputs = [.. list] };
    }

    /// <summary>The same call with the attribute <c>axes</c> as the second input, as newer opsets have it; itself without axes.</summary>
    public OperatorCall WithAxesAsInput(GraphBuilder b) =>
        Attributes.Ints("axes") is { } axes
            ? WithInputs(Inputs[0], b.Vector(axes.AsSpan())) with
            {
                Attributes = Attributes.Without("axes"),
            }
            : this;
}
