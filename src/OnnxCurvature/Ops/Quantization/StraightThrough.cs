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
/// A value with the derivative of another: the straight-through estimate of what rounding would make zero. Inputs: a stand-in, which has the derivative,
/// and the value, whose element type may be another one. Files hold the value.
/// </summary>
public sealed class StraightThrough : Operator
{
    /// <inheritdoc/>
    public override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) => [inputs[1]!.CastTo(node.Output.Type.Element)];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => active[0] ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => [dx[0]];

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, ImmutableArray<bool> batched, Dim columns) =>
        [Cast.Of(b, Columns.Repeat(b, inputs[1]!, batched[1], columns), node.Output.Type.Element)];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [inputs[0] == inputs[1] ? inputs[0] : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override ImmutableArray<Value>? Spell(GraphBuilder b, Node node) => [Cast.Of(b, node.Inputs[1]!, node.Output.Type.Element)];

    /// <summary>
    /// The output of a call of <see cref="DequantizeLinear"/> such that quantization counts as the identity in derivatives; null where what it takes
    /// was not quantized within the model.
    /// </summary>
    public static Value? Dequantize(GraphBuilder b, OperatorCall call)
    {
        if (Number(b, call.Required(0), call.Required(1).Type.Element) is not { } number)
            return null;
        return Catalogue.Get<DequantizeLinear>().Of(b, call.WithInputs([number, .. call.Inputs.Skip(1)]));
    }

    /// <summary>
    /// Quantized integers as numbers that have the derivative of what was rounded to them: x / scale + zero point. Operators that only move integers
    /// about, or choose among them, do the same to these. Null where no quantization is behind the integers.
    /// </summary>
    private static Value? Number(GraphBuilder b, Value quantized, ElementType element)
    {
        if (quantized.Producer is not { } node)
            return null;
        if (node.Operator is QuantizeLinear)
            return Of(node.Inputs[0]!, node.Inputs[1]!, node.Input(2));
        if (node.Operator is DynamicQuantizeLinear)
            return node.Outputs is [_, { Type.Element: not ElementType.Undefined } scale, { Type.Element: not ElementType.Undefined } zero] ? Of(node.Inputs[0]!, scale, zero) : null;
        if (node.Operator is not (LinearOperator or Concat or MaxPool or ScatterElements))
            return null;
        Value?[] numbers = [.. node.Inputs.Select(input => input is { Type.Element: var type } && type == quantized.Type.Element ? Number(b, input, element) : null)];
        if (numbers.All(number => number is null))
            return null;
        var inputs = node.Inputs.Select((input, index) => numbers[index] ?? (input is { Type.Element: var type } && type == quantized.Type.Element ? Cast.Of(b, input, element) : input));
        return node.Rules().Apply(b, [.. inputs], node.Attributes, node.Outputs.Length, [.. node.Outputs.Select(output => output.Type.Element == quantized.Type.Element ? output.Type with { Element = element } : output.Type)])
            .Outputs[quantized.Index];

        Value Of(Value x, Value scale, Value? zero)
        {
            var number = new Expr(b, Cast.Of(b, x, element));
            var standIn = number / number.With(Cast.Of(b, Scales.Along(b, scale, x.Type.Shape, node.Attributes), element));
            if (zero is not null)
                standIn += number.With(Cast.Of(b, Scales.Along(b, zero, x.Type.Shape, node.Attributes), element));
            return Catalogue.Get<StraightThrough>().Apply(b, [standIn.Value, quantized]).Output;
        }
    }
}
