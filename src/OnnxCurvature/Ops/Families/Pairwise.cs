using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>An integer or a truth value for each pair of elements, under broadcasting.</summary>
internal abstract class Pairwise : NonDifferentiable
{
    /// <summary>The element type of the output, of inputs of a type.</summary>
    protected abstract ElementType Result(ElementType inputs);

    /// <summary>The output's entry, of entry i of a and entry j of b.</summary>
    protected abstract long Combine(Attributes attributes, Tensor a, int i, Tensor b, int j);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var common = Broadcasting.Common(call);
        return [common with { Element = Result(common.Element) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (a, b) = (inputs[0]!, inputs[1]!);
        var (shape, i, j) = Broadcasting.Pairs(a, b);
        var entries = new long[i.Length];
        for (var k = 0; k < entries.Length; k++)
            entries[k] = Combine(node.Attributes, a, i[k], b, j[k]);
        return [Tensor.Of(Result(a.Element), shape, entries)];
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
