using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx;

/// <summary>The types of the inputs of bodies where a file leaves them out.</summary>
internal static class BodyTypes
{
    /// <summary>
    /// The type of a body's input, or null where it does not follow from the operator. Values that are carried from one iteration
    /// to the next keep element type and rank; their dimensions may change, so these are symbols.
    /// </summary>
    public static TensorType? Guess(string op, ImmutableArray<Value?> inputs, int index, string name) => (op, index) switch
    {
        ("Loop", 0) => new TensorType(ElementType.Int64, TensorShape.Scalar),
        ("Loop", 1) => new TensorType(ElementType.Bool, TensorShape.Scalar),
        ("Loop", _) when index < inputs.Length && inputs[index] is { } carried =>
            carried.Type with { Shape = [.. Enumerable.Range(0, carried.Type.Rank).Select(axis => Dim.Symbol($"{name}_{axis}"))] },
        _ => null,
    };
}
