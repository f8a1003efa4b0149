using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>A function of the bits of two integers of one type, element by element under broadcasting.</summary>
internal abstract class BitwiseElementwise : NonDifferentiable
{
    /// <summary>The function; bits beyond those of the type are dropped.</summary>
    protected abstract long Combine(Attributes attributes, long a, long b);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [Broadcasting.Common(call)];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (a, b) = (inputs[0]!, inputs[1]!);
        var shape = TensorShape.Broadcast(a.Type.Shape, b.Type.Shape)!.Value.Sizes;
        var (i, j) = (Broadcasting.Positions(a.Shape.AsSpan(), shape), Broadcasting.Positions(b.Shape.AsSpan(), shape));
        var integers = new long[i.Length];
        for (var k = 0; k < integers.Length; k++)
            integers[k] = Integers.Wrap(a.Element, Combine(node.Attributes, a.Integers[i[k]], b.Integers[j[k]]));
        return [Tensor.Of(a.Element, shape, integers)];
    }

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

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;
}
