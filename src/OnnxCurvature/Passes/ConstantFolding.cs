using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>Values of nodes that small constants alone decide. Weights are no such constants, since a file may be edited.</summary>
internal static class ConstantFolding
{
    private const int MostElements = 4096;

    /// <summary>
    /// The outputs of a node on these inputs; null where these are no small constants, or the node is left to the runtime.
    /// </summary>
    public static ImmutableArray<Tensor>? Of(Node node, ImmutableArray<Value?> inputs)
    {
        if (
            inputs.IsEmpty
            || node.Bodies.Any()
            || inputs.Any(input => input is not null && !IsSmall(input))
            || node.Outputs.Any(output => !output.Type.Shape.IsKnown || output.Type.Shape.Elements.Factor > MostElements)
        )
            return null;
        try
        {
            var outputs = node.Rules().Evaluate(node, [.. inputs.Select(input => input?.Constant!.Read())]);
            return [.. outputs.Select((output, index) => output.CastTo(node.Outputs[index].Type.Element))];
        }
        catch (Exception exception) when (exception is UnsupportedOperatorException or ArithmeticException or ShapeException)
        {
            // A node that cannot be evaluated here is left to the runtime.
            return null;
        }
    }

    private static bool IsSmall(Value value) =>
        !value.IsWeight && value.Constant is InlineConstant && value.Type.Shape.Elements.Factor <= MostElements;
}
