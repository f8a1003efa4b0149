using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>y = φ(a, b), element by element under broadcasting. The author gives φ and the tangent.</summary>
internal abstract class BinaryElementwise : Operator
{
    /// <summary>φ at one pair of elements.</summary>
    protected abstract double Function(Attributes attributes, double a, double b);

    /// <summary>φ at one pair of integers; by default that of the doubles, truncated.</summary>
    protected virtual long IntegerFunction(Attributes attributes, long a, long b) => (long)Function(attributes, a, b);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [Broadcasting.Common(call)];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (a, b) = (inputs[0]!, inputs[1]!);
        var (shape, i, j) = Broadcasting.Pairs(a, b);
        var element = node.Output.Type.Element;
        if (a.Element.IsFloat() || b.Element.IsFloat())
        {
            var values = new double[i.Length];
            for (var k = 0; k < values.Length; k++)
                values[k] = Function(node.Attributes, a.At(i[k]), b.At(j[k]));
            return [element.IsFloat() ? Tensor.Of(element, shape, values) : Tensor.Of(ElementType.Float64, shape, values).CastTo(element)];
        }
        var integers = new long[i.Length];
        for (var k = 0; k < integers.Length; k++)
            integers[k] = IntegerFunction(node.Attributes, a.Integers[i[k]], b.Integers[j[k]]);
        return [Tensor.Of(element, shape, integers)];
    }

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, Broadcasting.Align(b, node, inputs, batched), node.Attributes).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [Broadcasting.Samples(node, inputs)];

    /// <summary>An input need not be repeated where the other one repeats it by broadcasting.</summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        var shorter = inputs;
        for (var index = 0; index < inputs.Length; index++)
        {
            if (shorter[index]?.Producer is not { Operator: Expand } expand)
                continue;
            var without = shorter.SetItem(index, expand.Inputs[0]);
            var shape = TensorShape.Scalar;
            foreach (var input in without)
                shape = TensorShape.Broadcast(shape, input!.Type.Shape) ?? TensorShape.Scalar;
            if (shape == node.Output.Type.Shape)
                shorter = without;
        }
        return shorter == inputs ? null : new SimplerNode(null, shorter, node.Attributes);
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => Broadcasting.FromOpset(b, call, opset);

    /// <summary>The sum of two tangents of which either may be zero, repeated to the output's shape.</summary>
    protected static Value? Sum(GraphBuilder b, Node node, Value? first, Value? second) =>
        (first, second) switch
        {
            (null, null) => null,
            ({ } one, null) => Broadcasting.To(b, one, node.Output.Type.Shape),
            (null, { } one) => Broadcasting.To(b, one, node.Output.Type.Shape),
            _ => Elementwise.Add.Of(b, first, second),
        };

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis)
    {
        var rank = node.Output.Type.Rank;
        var output = axis + rank - node.Inputs[input]!.Type.Rank;
        return new RowRule(output, [.. node.Inputs.Select(each => Own(each!.Type.Shape))]);

        // An operand that is broadcast along the rows is the same for all of them.
        int? Own(TensorShape shape) => output - rank + shape.Rank is >= 0 and var own && !shape[own].IsOne ? own : null;
    }
}
