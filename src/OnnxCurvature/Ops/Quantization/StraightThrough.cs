using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// A value with the derivative of another: the straight-through estimate of what rounding would make zero. Inputs: a stand-in, which has
/// the derivative, and the value, whose element type may be another one. Files hold the value.
/// </summary>
internal sealed class StraightThrough : Operator
{
    /// <inheritdoc/>
    public override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [inputs[1]!.CastTo(node.Output.Type.Element)];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => [dx[0]];

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Cast.Of(b, DirectionAxis.Repeat(b, inputs[1]!, batched[1], directions), node.Output.Type.Element)];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0] == inputs[1] ? inputs[0] : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) =>
        [Cast.Of(b, node.Inputs[1]!, node.Output.Type.Element)];

    /// <summary>
    /// The output of a call of <see cref="DequantizeLinear"/> such that quantization counts as the identity in derivatives; null where what
    /// it takes was not quantized within the model.
    /// </summary>
    public static Value? Dequantize(GraphBuilder b, OperatorCall call)
    {
        if (Number(b, call.Required(0), call.Required(1).Type.Element) is not { } number)
            return null;
        return Catalogue.Get<DequantizeLinear>().Of(b, call.WithInputs([number, .. call.Inputs.Skip(1)]));
    }

    /// <summary>
    /// Quantized integers as numbers that have the derivative of what was rounded to them: x / scale + zero point. Operators that only move
    /// integers about, or choose among them, do the same to these. Null where no quantization is behind the integers.
    /// </summary>
    private static Value? Number(GraphBuilder b, Value quantized, ElementType element)
    {
        var numbers = new Dictionary<Value, Value>();
        foreach (var node in Behind(quantized))
            if (node.Operator is QuantizeLinear)
                numbers[node.Output] = StandIn(b, node, (node.Inputs[0]!, node.Inputs[1]!, node.Input(2)), element);
            else if (node.Operator is DynamicQuantizeLinear)
            {
                if (
                    node.Outputs is [_, { Type.Element: not ElementType.Undefined } scale, { Type.Element: not ElementType.Undefined } zero]
                )
                    numbers[node.Output] = StandIn(b, node, (node.Inputs[0]!, scale, zero), element);
            }
            else if (node.Inputs.Any(input => input is not null && numbers.ContainsKey(input)))
                Move(b, node, numbers, quantized.Type.Element, element);
        return numbers.GetValueOrDefault(quantized);
    }

    /// <summary>The nodes that quantize, move or choose integers of a value's type on the way to it, in order.</summary>
    private static IEnumerable<Node> Behind(Value quantized)
    {
        var found = new HashSet<Node>();
        var pending = new Stack<Value>([quantized]);
        while (pending.TryPop(out var value))
        {
            if (value.Producer is not { } node || value.Type.Element != quantized.Type.Element)
                continue;
            var isMoved = node.Operator is LinearOperator or Concat or MaxPool or ScatterElements;
            if (!isMoved && node.Operator is not (QuantizeLinear or DynamicQuantizeLinear) || !found.Add(node) || !isMoved)
                continue;
            foreach (var input in node.Inputs)
                if (input is not null)
                    pending.Push(input);
        }
        return found.OrderBy(node => node.Id);
    }

    /// <summary>Does to numbers what a node does to integers of a type.</summary>
    private static void Move(GraphBuilder b, Node node, Dictionary<Value, Value> numbers, ElementType integers, ElementType element)
    {
        var inputs = node.Inputs.Select(input =>
            input is null || input.Type.Element != integers ? input
            : numbers.TryGetValue(input, out var number) ? number
            : Cast.Of(b, input, element)
        );
        var types = node.Outputs.Select(output => output.Type.Element == integers ? output.Type with { Element = element } : output.Type);
        var moved = node.Rules().Apply(b, [.. inputs], node.Attributes, node.Outputs.Length, [.. types]);
        for (var index = 0; index < node.Outputs.Length; index++)
            if (node.Outputs[index].Type.Element == integers)
                numbers[node.Outputs[index]] = moved.Outputs[index];
    }

    private static Value StandIn(GraphBuilder b, Node node, (Value X, Value Scale, Value? Zero) of, ElementType element)
    {
        var number = new Expr(b, Cast.Of(b, of.X, element));
        var standIn = number / number.With(Cast.Of(b, Scales.Along(b, of.Scale, of.X.Type.Shape, node.Attributes), element));
        if (of.Zero is not null)
            standIn += number.With(Cast.Of(b, Scales.Along(b, of.Zero, of.X.Type.Shape, node.Attributes), element));
        return Catalogue.Get<StraightThrough>().Apply(b, [standIn.Value, node.Output]).Output;
    }

    /// <inheritdoc/>
    public override bool IsStraightThrough => true;
}
