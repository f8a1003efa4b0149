using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// The upper (<c>upper</c> = 1, the default) or lower triangles of the matrices in the last two axes, from diagonal k on, zero
/// elsewhere. Inputs: x, k (default 0). Its own transpose.
/// </summary>
internal sealed class Trilu : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var (rows, columns) = (x.Shape[^2], x.Shape[^1]);
        var k = inputs.Length > 1 && inputs[1] is { } diagonal ? diagonal.Integers[0] : 0;
        var upper = node.Attributes.Int("upper", 1) != 0;
        var y = Tensor.Filled(x.Element, x.Shape.AsSpan(), 0);
        for (var i = 0; i < x.Count; i++)
        {
            var above = i % columns - i / columns % rows - k;
            if (upper ? above < 0 : above > 0)
                continue;
            if (x.Element.IsFloat())
                y.Floats[i] = x.Floats[i];
            else
                y.Integers[i] = x.Integers[i];
        }
        return [y];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        Apply(b, node.Inputs.SetItem(0, cy[0]), node.Attributes).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        OnlyFirstBatched(batched);
        return [Apply(b, inputs, node.Attributes).Output];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs.Skip(1).All(diagonal => diagonal.IsNone) ? inputs[0] : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 14;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) => gaps.HasFlag(EngineGaps.Triangles) ? Decompose(b, call) : null;

    /// <summary>x where a constant mask holds, else zero.</summary>
    public override ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        if (!x.Type.Shape.Range(x.Type.Rank - 2, x.Type.Rank).IsKnown)
            throw new UnsupportedOperatorException("the size of a triangle is not known; give the sizes of symbolic dimensions.");
        var (rows, width) = ((int)x.Type.Shape[^2].Factor, (int)x.Type.Shape[^1].Factor);
        var diagonal = call.Input(1) is null ? 0 : call.ConstantInteger(1);
        var upper = call.Attributes.Int("upper", 1) != 0;
        var mask = new long[rows * width];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = (i % width - i / width - diagonal) is var above && (upper ? above >= 0 : above <= 0) ? 1 : 0;
        var holds = b.Constant(Tensor.Of(ElementType.Bool, [rows, width], mask));
        return [Where.Of(b, holds, x, b.Scalar(x.Type.Element, 0))];
    }
}
