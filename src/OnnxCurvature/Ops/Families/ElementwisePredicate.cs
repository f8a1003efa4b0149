using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>A truth value for each element.</summary>
internal abstract class ElementwisePredicate : NonDifferentiable
{
    /// <summary>The truth at one element.</summary>
    protected abstract bool Holds(Attributes attributes, double x);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type with { Element = ElementType.Bool }];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var truths = new long[x.Count];
        for (var i = 0; i < truths.Length; i++)
            truths[i] = Holds(node.Attributes, x.At(i)) ? 1 : 0;
        return [Tensor.Of(ElementType.Bool, x.Shape.AsSpan(), truths)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs, node.Attributes).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => inputs;

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;
}
