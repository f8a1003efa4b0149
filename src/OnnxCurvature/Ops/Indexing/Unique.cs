using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// The distinct entries of x, or its distinct slices along <c>axis</c>, in ascending order or as they first come (<c>sorted</c> = 0); where
/// each first was, which one stands at each place of x, and how often each is there. Piecewise linear: the entries are a
/// <see cref="Gather"/> of x.
/// </summary>
internal sealed class Unique : Operator
{
    /// <summary>The number of distinct entries is known where x is a constant.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        call.Required(0) is { Constant: not null } x
            ? [.. Outputs(call.Attributes, x.CompileIn()).Take(call.OutputCount).Select(tensor => tensor.Type)]
            : throw new UnsupportedOperatorException("the number of entries that Unique finds is known only at run time.");

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [.. Outputs(node.Attributes, inputs[0]!).Take(node.Outputs.Length)];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && node.Output.Type.Element.IsFloat() ? Curvature.PiecewiseLinear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent || !node.Output.Type.Element.IsFloat())
            return NoTangents(node);
        var (x, y) = (node.Inputs[0]!.Type, node.Output.Type);
        var axis = Axis(node.Attributes, x.Rank);
        var given = node.Outputs is [_, { Type.Element: ElementType.Int64 } first, ..]
            ? first
            : Apply(b, node.Inputs, node.Attributes, types: [y, new TensorType(ElementType.Int64, [y.Shape[axis ?? 0]])]).Outputs[1];
        var flat = axis is null ? Reshape.To(b, tangent, [x.Shape.Elements]) : tangent;
        return [Gather.Of(b, flat, given, axis ?? 0), .. NoTangents(node).Skip(1)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        throw new UnsupportedOperatorException(
            "Unique cannot take entries that differ between directions, as it may find more in one than in another."
        );

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [.. node.Outputs.Select(_ => SampleLayout.Coupled)];

    private static int? Axis(Attributes attributes, int rank) =>
        attributes.Has("axis") ? Axes.Normalize(attributes.Int("axis", 0), rank) : null;

    private static ImmutableArray<Tensor> Outputs(Attributes attributes, Tensor x)
    {
        var axis = Axis(attributes, x.Rank);
        var (shape, at) = axis is { } along ? (x.Shape, along) : ([x.Count], 0);
        var (strides, size) = (Strided.Strides(shape.AsSpan()), (int)shape[at]);
        var inner = Strided.Positions(shape.SetItem(at, 1).AsSpan(), strides);
        double[][] slices =
        [
            .. Enumerable.Range(0, size).Select(index => inner.Select(start => x.At((int)(start + index * strides[at]))).ToArray()),
        ];
        var order = Comparer<double[]>.Create((one, other) => one.AsSpan().SequenceCompareTo(other));
        var groups = Enumerable
            .Range(0, size)
            .GroupBy(
                index => slices[index],
                EqualityComparer<double[]>.Create(
                    (one, other) => order.Compare(one, other) == 0,
                    slice => slice.Aggregate(0, HashCode.Combine)
                )
            );
        var distinct = (attributes.Int("sorted", 1) != 0 ? groups.OrderBy(group => group.Key, order) : groups)
            .Select(group => group.ToArray())
            .ToArray();
        var which = new long[size];
        foreach (var (place, group) in distinct.Index())
        foreach (var index in group)
            which[index] = place;
        var kept = shape.SetItem(at, distinct.Length);
        var target = Strided.Strides(kept.AsSpan());
        var positions = new int[kept.Aggregate(1L, (a, c) => a * c)];
        foreach (var (line, start) in Strided.Positions(kept.SetItem(at, 1).AsSpan(), target).Index())
        foreach (var (place, group) in distinct.Index())
            positions[start + place * (int)target[at]] = (int)(inner[line] + group[0] * strides[at]);
        return
        [
            x.Gather(kept.AsSpan(), positions),
            Tensor.Vector([.. distinct.Select(group => (long)group[0])]),
            Tensor.Vector(which),
            Tensor.Vector([.. distinct.Select(group => group.LongLength)]),
        ];
    }
}
