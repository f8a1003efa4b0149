using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// Runs a body for every entry along the first axis of some inputs. Inputs: the initial states, and then what is scanned, of which there are as many as the attribute
/// <c>num_scan_inputs</c> says. The attribute <c>body</c> takes the states and the entries; it gives the new states, and values that are stacked. Where a Loop
/// keeps the parts until the last round, these are written to their place at once.
/// </summary>
public sealed class Scan : NonDifferentiable, IBodyOperator
{
    /// <summary>Applies a body without states to the entries of <paramref name="scanned"/>, [R, …]; gives what it yields, stacked, [R, …].</summary>
    public static Value Of(GraphBuilder b, Value scanned, Program body) =>
        Catalogue.Get<Scan>().Apply(b, [scanned], Attributes.Empty.With("body", body).With("num_scan_inputs", 1L)).Output;

    /// <summary>The types of the states, and those of what is stacked with a leading axis of the number of rounds.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var body = call.Attributes.Program("body") ?? throw new UnsupportedOperatorException("Scan lacks its body.");
        var states = call.Inputs.Length - (int)call.Attributes.Int("num_scan_inputs", 0);
        var rounds = call.Inputs[states]!.Type.Shape[0];
        return [.. body.Outputs.Select((output, index) => index < states ? output.Value.Type : output.Value.Type with { Shape = output.Value.Type.Shape.Prepend(rounds) })];
    }

    /// <summary>How many rounds there are.</summary>
    public static Dim Rounds(Node node) => node.Inputs[^1]!.Type.Shape[0];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        throw new UnsupportedOperatorException("a Scan is evaluated together with what its body captures.");

    /// <summary>Not known; <see cref="Linearize"/> refuses it.</summary>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        throw new UnsupportedOperatorException("the derivative of a Scan is supported only where the number of its rounds is known before it runs and is not too large; give the sizes of symbolic dimensions.");

    /// <inheritdoc/>
    public bool ListsCaptures => false;

    /// <inheritdoc/>
    public ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values)
    {
        var body = node.Attributes.Program("body")!;
        var inputs = node.Inputs.Select(input => values[input!]).ToArray();
        var count = inputs.Length - (int)node.Attributes.Int("num_scan_inputs", 0);
        var (states, scanned) = (inputs[..count], inputs[count..]);
        var stacked = body.Outputs.Skip(count).Select(_ => new List<Tensor>()).ToArray();
        for (var round = 0; round < scanned[0].Shape[0]; round++)
        {
            var inside = new Dictionary<Value, Tensor>(values);
            foreach (var (index, parameter) in body.Parameters.Index())
                inside[parameter] = index < count ? states[index] : RoundStacking.Entry(scanned[index - count], round);
            Interpreter.Run(body.Nodes, inside);
            Tensor[] outputs = [.. body.Outputs.Select(output => Interpreter.Read(output.Value, inside))];
            states = outputs[..count];
            for (var index = 0; index < stacked.Length; index++)
                stacked[index].Add(outputs[count + index]);
        }
        return [.. states, .. stacked.Select(parts => RoundStacking.Stack("Scan", parts))];
    }
}
