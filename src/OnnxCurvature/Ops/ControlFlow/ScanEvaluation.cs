using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>Computes a Scan, one iteration after another.</summary>
internal static class ScanEvaluation
{
    /// <summary>
    /// The states after the last iteration and the stacked rows, given the values around the node. Throws
    /// <see cref="UnsupportedOperatorException"/> where sequences have different lengths.
    /// </summary>
    public static ImmutableArray<Tensor> Of(Node node, IDictionary<Value, Tensor> values)
    {
        var (body, count) = (Scan.BodyOf(node.Attributes), Scan.States(node.Attributes));
        Tensor[] given = [.. node.Inputs.Take(body.Parameters.Length).Select(input => Interpreter.Read(input!, values))];
        var (states, sequences) = (given[..count], given[count..]);
        var iterations = sequences[0].Shape[0];
        if (sequences.Any(sequence => sequence.Shape[0] != iterations))
            throw new UnsupportedOperatorException("the sequences of Scan have different lengths.");
        var rows = body.Outputs.Skip(count).Select(_ => new List<Tensor>()).ToArray();
        for (long iteration = 0; iteration < iterations; iteration++)
        {
            var inside = new Dictionary<Value, Tensor>(values);
            for (var index = 0; index < body.Parameters.Length; index++)
                inside[body.Parameters[index]] =
                    index < count
                        ? states[index]
                        : Stacking.Entry(
                            sequences[index - count],
                            Scan.IsReversed(node.Attributes, Scan.InputDirections, index - count) ? iterations - 1 - iteration : iteration
                        );
            Interpreter.Run(body.Nodes, inside);
            Tensor[] outputs = [.. body.Outputs.Select(output => Interpreter.Read(output.Value, inside))];
            states = outputs[..count];
            for (var index = 0; index < rows.Length; index++)
                rows[index].Add(outputs[count + index]);
        }
        for (var index = 0; index < rows.Length; index++)
            if (Scan.IsReversed(node.Attributes, Scan.OutputDirections, index))
                rows[index].Reverse();
        return
        [
            .. states,
            .. rows.Select((parts, index) => Stacking.Stack(parts, body.Outputs[count + index].Value.Type, node.Inputs, values)),
        ];
    }
}
