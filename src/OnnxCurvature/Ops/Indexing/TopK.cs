using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// The k greatest entries of x along <c>axis</c> (default -1), or the least with <c>largest</c> = 0, and where they were; of equal ones the
/// first wins. Piecewise linear. Inputs: x, k.
/// </summary>
internal sealed class TopK : Operator
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var values = x with
        {
            Shape = x.Shape.With(
                Axis(call.Attributes, x.Rank),
                (call.Sizes(1) ?? throw new UnsupportedOperatorException("TopK lacks k."))[0]
            ),
        };
        return [.. new[] { values, values with { Element = ElementType.Int64 } }.Take(call.OutputCount)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, k) = (inputs[0]!, inputs[1]!.Integers[0]);
        var axis = Axis(node.Attributes, x.Rank);
        var sign = node.Attributes.Int("largest", 1) != 0 ? -1 : 1;
        var strides = Strided.Strides(x.Shape.AsSpan());
        var shape = x.Shape.SetItem(axis, k);
        var (positions, indices) = (new int[shape.Aggregate(1L, (a, b) => a * b)], new long[shape.Aggregate(1L, (a, b) => a * b)]);
        var targets = Strided.Positions(shape.SetItem(axis, 1).AsSpan(), Strided.Strides(shape.AsSpan()));
        foreach (var (line, start) in Strided.Positions(x.Shape.SetItem(axis, 1).AsSpan(), strides).Index())
        {
            // The order is stable, so equal entries stay in theirs.
            var argmax = Enumerable
                .Range(0, (int)x.Shape[axis])
                .OrderBy(index => sign * x.At((int)(start + index * strides[axis])))
                .Take((int)k);
            foreach (var (place, argmaxIndex) in argmax.Index())
            {
                var target = (int)(targets[line] + place * Strided.Strides(shape.AsSpan())[axis]);
                positions[target] = (int)(start + argmaxIndex * strides[axis]);
                indices[target] = argmaxIndex;
            }
        }
        return
        [
            .. new[] { x.Gather(shape.AsSpan(), positions), Tensor.Of(ElementType.Int64, shape.AsSpan(), indices) }.Take(
                node.Outputs.Length
            ),
        ];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] ? Curvature.PiecewiseLinear : Curvature.PiecewiseConstant;

    /// <summary>The tangents of the argmax positions.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return NoTangents(node);
        var indices = node.Outputs is [_, { Type.Element: ElementType.Int64 } given]
            ? given
            : Apply(b, node.Inputs, node.Attributes, 2).Outputs[1];
        var dy = GatherElements.Of(b, tangent, indices, Axis(node.Attributes, tangent.Type.Rank));
        return node.Outputs.Length > 1 ? [dy, null] : [dy];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        batched[1]
            ? throw new UnsupportedOperatorException("TopK cannot take a k that differs between directions.")
            :
            [
                .. Apply(
                    b,
                    inputs,
                    node.Attributes.With("axis", Axis(node.Attributes, node.Inputs[0]!.Type.Rank) + 1L),
                    node.Outputs.Length
                ).Outputs,
            ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [
            .. node.Outputs.Select(_ =>
                inputs[0].IsSeparate && inputs[1].IsNone && inputs[0].Axis != Axis(node.Attributes, node.Inputs[0]!.Type.Rank)
                    ? inputs[0]
                    : SampleLayout.Coupled
            ),
        ];

    /// <summary>Before opset 10 k was an attribute.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 10
            ? call
            : call.WithInputs(call.Input(0), b.Vector(call.Attributes.Int("k", 0))) with
            {
                Attributes = call.Attributes.Without("k"),
            };

    private static int Axis(Attributes attributes, int rank) => Axes.Normalize(attributes.Int("axis", -1), rank);

    /// <inheritdoc/>
    public override double? ShareKept => 0.5;
}
