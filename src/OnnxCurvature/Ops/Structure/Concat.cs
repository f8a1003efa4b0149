using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Structure;

/// <summary>The inputs one after another along an axis. Linear in all of them at once.</summary>
internal sealed class Concat : Operator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>Values one after another; a single one is returned as it is.</summary>
    public static Value Of(GraphBuilder b, IReadOnlyList<Value> values, int axis) =>
        values.Count == 1 ? values[0] : Catalogue.Get<Concat>().Apply(b, [.. values], Attributes.Empty.With("axis", (long)axis)).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var first = call.Required(0).Type;
        var axis = Axis(call.Attributes, first.Rank);
        Dim total = 0;
        for (var index = 0; index < call.Inputs.Length; index++)
        {
            var shape = call.Required(index).Type.Shape;
            if (shape.Rank != first.Rank)
                throw new UnsupportedOperatorException($"{first.Shape} and {shape} cannot be put together.");
            total =
                total.IsKnown && shape[axis].IsKnown ? total.Factor + shape[axis].Factor
                : total == 0 ? shape[axis]
                : Dim.Computed($"({total}+{shape[axis]})", total, shape[axis]);
        }
        return [first with { Shape = first.Shape.With(axis, total) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) =>
        node.Inputs.All(input => input?.Contents is not null) ? [.. node.Inputs.SelectMany(input => input!.Contents!.Value)] : null;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var first = inputs[0]!;
        var axis = Axis(node.Attributes, first.Rank);
        var shape = first.Shape.SetItem(axis, inputs.Sum(input => input!.Shape[axis])).ToArray();
        var outer = shape.Take(axis).Aggregate(1L, (a, b) => a * b);
        var floats = first.Element.IsFloat() ? new List<double>() : null;
        var integers = first.Element.IsFloat() ? null : new List<long>();
        for (var i = 0; i < outer; i++)
            foreach (var input in inputs)
            {
                var block = (int)(input!.Count / Math.Max(1, outer));
                floats?.AddRange(input.Floats.AsSpan(i * block, block));
                integers?.AddRange(input.Integers.AsSpan(i * block, block));
            }
        return [floats is null ? Tensor.Of(first.Element, shape, integers!.ToArray()) : Tensor.Of(first.Element, shape, floats.ToArray())];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <summary>Each run of tangents that are not zero is put together and padded to its place; the runs are added.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var axis = Axis(node.Attributes, node.Output.Type.Rank);
        Value? sum = null;
        for (var start = 0; start < dx.Length; )
        {
            var end = start;
            while (end < dx.Length && dx[end] is not null)
                end++;
            if (end > start)
            {
                var run = Of(b, [.. dx.Skip(start).Take(end - start).Select(tangent => tangent!)], axis);
                var padded = Pad.Of(b, run, axis, Extent(node, axis, 0, start), Extent(node, axis, end, dx.Length));
                sum = sum is null ? padded : Add.Of(b, sum, padded);
            }
            start = end + 1;
        }
        return [sum];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy)
    {
        var axis = Axis(node.Attributes, node.Output.Type.Rank);
        var start = Extent(node, axis, 0, input);
        return Slice.Of(b, cy[0]!, axis, start, start + Extent(node, axis, input, input + 1));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var all = inputs.Select(
            (input, index) =>
                batched[index] ? input! : Expand.Of(b, Reshape.InsertAxis(b, input!, 0), input!.Type.Shape.Prepend(directions))
        );
        return [Of(b, [.. all], Axis(node.Attributes, node.Output.Type.Rank) + 1)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var layouts = inputs.Where(input => input.IsSeparate).Distinct().ToArray();
        return
        [
            layouts is [var layout] && layout.Axis != Axis(node.Attributes, node.Output.Type.Rank) ? layout : OneAfterAnother(node, inputs),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) =>
        OneAfterAnother(node, inputs) is { IsSeparate: true } layout ? [layout] : base.SamplesWithin(node, inputs);

    /// <summary>Batches of the same samples one after another along their axis: each sample has as many more positions there.</summary>
    private static SampleLayout OneAfterAnother(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var axis = Axis(node.Attributes, node.Output.Type.Rank);
        if (inputs.Any(input => !input.IsSeparate || input.Axis != axis || input.Inner != inputs[0].Inner))
            return SampleLayout.Coupled;
        Dim[] counts = [.. inputs.Select((input, index) => input.SamplesOf(node.Inputs[index]!.Type.Shape)).Distinct()];
        return counts is [var samples] && node.Output.Type.Shape[axis].DividedBy(samples * inputs[0].Inner) is { } outer
            ? SampleLayout.Within(axis, outer, samples, inputs[0].Inner)
            : SampleLayout.Coupled;
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static int Axis(Attributes attributes, int rank) => Axes.Normalize(attributes.Int("axis", 1), rank);

    private static long Extent(Node node, int axis, int from, int to)
    {
        long extent = 0;
        for (var index = from; index < to; index++)
            extent +=
                node.Inputs[index]!.Type.Shape[axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {node.Inputs[index]!.Type.Shape[axis]} along the axis of Concat is not known; give the sizes of symbolic "
                        + $"dimensions."
                );
        return extent;
    }

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.Same;

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) =>
        node.Inputs.All(Matrices.IsNarrow) ? Of(b, [.. node.Inputs.Select(input => wide(input!))], 1) : null;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;

    /// <inheritdoc/>
    public override ConstantUse ConstantUseOf(int input) => ConstantUse.Alone;
}
