using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>A truth value for each pair of elements, under broadcasting.</summary>
internal abstract class Comparison : NonDifferentiable
{
    /// <summary>The truth of the comparison.</summary>
    protected abstract bool Holds(double a, double b);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [Broadcasting.Common(call) with { Element = ElementType.Bool }];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (a, b) = (inputs[0]!, inputs[1]!);
        var shape = TensorShape.Broadcast(a.Type.Shape, b.Type.Shape)!.Value.Sizes;
        var (i, j) = (Broadcasting.Positions(a.Shape.AsSpan(), shape), Broadcasting.Positions(b.Shape.AsSpan(), shape));
        var truths = new long[i.Length];
        for (var k = 0; k < truths.Length; k++)
            truths[k] = Holds(a.At(i[k]), b.At(j[k])) ? 1 : 0;
        return [Tensor.Of(ElementType.Bool, shape, truths)];
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
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => Broadcasting.FromOpset(b, call, opset);

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;
}
