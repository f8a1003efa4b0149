using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// Runs a body again and again. Inputs: the number of rounds, a condition (either may be left out), and the initial states. The
/// attribute <c>body</c> takes the round, the condition and the states; it gives the condition, the new states, and values that are
/// stacked over the rounds.
/// </summary>
public sealed class Loop : NonDifferentiable, IBodyOperator
{
    /// <summary>Types that states keep, and a leading axis for stacked values: its size is the number of rounds where that is a constant.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var body = call.Attributes.Program("body") ?? throw new UnsupportedOperatorException("Loop lacks its body.");
        var states = Math.Max(0, call.Inputs.Length - 2);
        Dim rounds = call.Input(0)?.Constant is { } constant && call.Input(1) is null ? constant.Read().Integers[0] : Dim.Symbol("rounds");
        return [.. body.Outputs.Skip(1).Select((output, index) => index < states ? output.Value.Type : output.Value.Type with { Shape = output.Value.Type.Shape.Prepend(rounds) })];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        throw new UnsupportedOperatorException("a Loop is evaluated together with what its body captures.");

    /// <summary>Not known; <see cref="Linearize"/> refuses it.</summary>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        throw new UnsupportedOperatorException("the derivative of a Loop is supported only where the number of its rounds is known before it runs and is not too large; give the sizes of symbolic dimensions, or fix the input that it comes from.");

    /// <summary>The condition has its place even where it is left out and no state follows: ONNX wants two inputs at least.</summary>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) with { Inputs = [node.Input(0), node.Input(1), .. node.Inputs.Skip(2)] };

    /// <summary>The rounds of a loop with a constant number of them whose body never ends it early, as loops over columns are; null for other nodes.</summary>
    public static long? FixedRounds(Node node) => node.Operator is Loop && node.Input(0)?.Constant is { } rounds && node.Input(1) is null
        && node.Attributes.Program("body") is { } body
        && body.Outputs[0].Value is var going && (going == body.Parameters[1] || going.Producer is { Operator: Structure.Identity } kept && kept.Inputs[0] == body.Parameters[1])
        ? rounds.Read().Integers[0]
        : null;

    /// <inheritdoc/>
    public bool ListsCaptures => false;

    /// <inheritdoc/>
    public ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values)
    {
        var body = node.Attributes.Program("body")!;
        var rounds = node.Input(0) is { } count ? values[count].Integers[0] : long.MaxValue;
        var going = node.Input(1) is not { } condition || values[condition].Integers[0] != 0;
        Tensor[] states = [.. node.Inputs.Skip(2).Select(input => values[input!])];
        var stacked = body.Outputs.Skip(1 + states.Length).Select(_ => new List<Tensor>()).ToArray();
        for (long round = 0; round < rounds && going; round++)
        {
            var inside = new Dictionary<Value, Tensor>(values)
            {
                [body.Parameters[0]] = Tensor.Scalar(ElementType.Int64, round),
                [body.Parameters[1]] = Tensor.Scalar(ElementType.Bool, 1),
            };
            for (var index = 0; index < states.Length; index++)
                inside[body.Parameters[2 + index]] = states[index];
            Interpreter.Run(body.Nodes, inside);
            Tensor[] outputs = [.. body.Outputs.Select(output => Interpreter.Read(output.Value, inside))];
            going = outputs[0].Integers[0] != 0;
            states = outputs[1..(1 + states.Length)];
            for (var index = 0; index < stacked.Length; index++)
                stacked[index].Add(outputs[1 + states.Length + index]);
        }
        return [.. states, .. stacked.Select(parts => RoundStacking.Stack("Loop", parts))];
    }
}
