using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.ControlFlow;

/// <summary>The types of the inputs of bodies where a file leaves them out.</summary>
internal static class BodyTypes
{
    /// <summary>
    /// The type of a body's input, or null where it does not follow from the operator. Values that are carried from one iteration
    /// to the next keep element type and rank; their dimensions may change, so these are symbols.
    /// </summary>
    public static TensorType? Guess(string op, ImmutableArray<Value?> inputs, int index, string name) =>
        (op, index) switch
        {
            ("Loop", 0) => new TensorType(ElementType.Int64, TensorShape.Scalar),
            ("Loop", 1) => new TensorType(ElementType.Bool, TensorShape.Scalar),
            ("Loop", _) when index < inputs.Length && inputs[index] is { } carried => carried.Type with
            {
                Shape = [.. Enumerable.Range(0, carried.Type.Rank).Select(axis => Dim.OfData($"{name}_{axis}"))],
            },
            _ => null,
        };

    /// <summary>
    /// The types that the inputs of a loop's body have in the first iteration; null for other nodes, and where the body does not fit them.
    /// </summary>
    public static TensorType[]? AtFirst(NodeProto node, GraphProto graph, Scope scope, ImmutableArray<Value?> inputs)
    {
        if (
            node.OpType == "Loop"
            && graph.Input.Count >= 2
            && graph.Output.Count >= graph.Input.Count - 1
            && inputs.Length == graph.Input.Count
            && inputs.Skip(2).All(input => input is not null)
        )
            return [Guess("Loop", inputs, 0, "")!, Guess("Loop", inputs, 1, "")!, .. inputs.Skip(2).Select(input => input!.Type)];
        var scanned = Scanned(node);
        if (
            node.OpType == "Scan"
            && scope.Opsets[""] == 8
            && inputs.Length == graph.Input.Count + 1
            && scanned >= 1
            && scanned < inputs.Length
            && graph.Output.Count >= inputs.Length - 1 - scanned
            && inputs.Skip(1).All(input => input is { Type.Rank: > 1 })
        )
            return
            [
                .. inputs
                    .Skip(1)
                    .Select(
                        (input, index) =>
                            input!.Type with
                            {
                                Shape =
                                    index < inputs.Length - 1 - scanned ? input.Type.Shape.Remove(0) : input.Type.Shape.Remove(0).Remove(0),
                            }
                    ),
            ];
        if (
            node.OpType != "Scan"
            || scope.Opsets[""] < 9
            || inputs.Length != graph.Input.Count
            || scanned < 1
            || scanned > inputs.Length
            || graph.Output.Count < inputs.Length - scanned
            || inputs.Contains(null)
        )
            return null;
        var axes = node.Attribute.FirstOrDefault(given => given.Name == "scan_input_axes")?.Ints;
        return
        [
            .. inputs.Take(inputs.Length - scanned).Select(input => input!.Type),
            .. inputs
                .Skip(inputs.Length - scanned)
                .Select(
                    (input, index) =>
                        input!.Type with
                        {
                            Shape = input.Type.Shape.Remove(
                                Axes.Normalize(axes is not null && index < axes.Count ? axes[index] : 0, input.Type.Rank)
                            ),
                        }
                ),
        ];
    }

    /// <summary>The number of values that a loop's body takes and carries on to the next iteration; zero of other nodes.</summary>
    public static int States(NodeProto node, int inputs) =>
        node.OpType switch
        {
            "Loop" => inputs - 2,
            "Scan" => inputs - Scanned(node),
            _ => 0,
        };

    /// <summary>Whether the body of a loop gives each carried value the type that it takes it in.</summary>
    public static bool KeepsStates(NodeProto node, Program body)
    {
        var (given, taken) = node.OpType == "Loop" ? (1, 2) : (0, 0);
        return Enumerable
            .Range(0, States(node, body.Parameters.Length))
            .All(index => body.Outputs[given + index].Value.Type == body.Parameters[taken + index].Type);
    }

    /// <summary>The number of sequences of a Scan.</summary>
    public static int Scanned(NodeProto node) =>
        (int)Math.Clamp(node.Attribute.FirstOrDefault(attribute => attribute.Name == "num_scan_inputs")?.I ?? 0, 0, int.MaxValue);
}
