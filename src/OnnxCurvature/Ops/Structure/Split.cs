using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x cut along <c>axis</c> into outputs of the sizes <c>split</c>. Linear.</summary>
internal sealed class Split : LinearOperator
{
    private const int SizesInputSince = 13;

    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var (axis, sizes) = (Axis(call.Attributes, x.Rank), Sizes(call.Attributes));
        if (sizes.Length != call.OutputCount)
            throw new UnsupportedOperatorException($"Split has {call.OutputCount} outputs, and sizes for {sizes.Length}.");
        if (sizes.Any(size => size < 0) || x.Shape[axis].Known is { } whole && whole != sizes.Sum())
            throw new UnsupportedOperatorException($"the sizes [{string.Join(",", sizes)}] do not fill the axis {axis} of {x.Shape}.");
        return [.. sizes.Select(size => x with { Shape = x.Shape.With(axis, size) })];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var axis = Axis(node.Attributes, x.Rank);
        var strides = Strided.Strides(x.Shape.AsSpan());
        var parts = ImmutableArray.CreateBuilder<Tensor>();
        long start = 0;
        foreach (var size in Sizes(node.Attributes))
        {
            long[] shape = [.. x.Shape.SetItem(axis, size)];
            parts.Add(x.Gather(shape, Strided.Positions(shape, strides, start * strides[axis])));
            start += size;
        }
        return parts.ToImmutable();
    }

    /// <summary>The cotangents one after another; each run of those that are not zero is padded to its place.</summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var (axis, sizes) = (Axis(node.Attributes, node.Output.Type.Rank), Sizes(node.Attributes));
        Value? sum = null;
        for (var start = 0; start < cy.Length; start++)
        {
            var end = start;
            while (end < cy.Length && cy[end] is not null)
                end++;
            if (end == start)
                continue;
            var run = Concat.Of(b, [.. cy[start..end].Select(cotangent => cotangent!)], axis);
            var padded = Pad.Of(b, run, axis, sizes[..start].Sum(), sizes[end..].Sum());
            sum = sum is null ? padded : Add.Of(b, sum, padded);
            start = end;
        }
        return sum;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        [
            .. Apply(
                b,
                [inputs[0]],
                node.Attributes.With("axis", (object)(Axis(node.Attributes, node.Output.Type.Rank) + 1L)),
                node.Outputs.Length
            ).Outputs,
        ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        IsAlong(node, inputs[0]) ? Parts(node, inputs[0]) : [.. node.Outputs.Select(_ => inputs[0])];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) =>
        IsAlong(node, inputs[0]) ? Parts(node, inputs[0]) : base.SamplesWithin(node, inputs);

    private static bool IsAlong(Node node, SampleLayout samples) =>
        !samples.IsSeparate || samples.Axis == Axis(node.Attributes, node.Output.Type.Rank);

    /// <summary>Parts of the axis of the samples, which keep them where each holds whole batches.</summary>
    private static ImmutableArray<SampleLayout> Parts(Node node, SampleLayout samples)
    {
        var (parts, start) = (ImmutableArray.CreateBuilder<SampleLayout>(), 0L);
        foreach (var size in Sizes(node.Attributes))
        {
            parts.Add(samples.Cut(node.Inputs[0]!.Type.Shape, start, size, 1) ?? SampleLayout.Coupled);
            start += size;
        }
        return parts.ToImmutable();
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var sizes = opset >= 13 ? call.ConstantIntegers(1) : call.Attributes.Ints("split")?.ToArray();
        if (sizes is null)
        {
            var shape = call.Required(0).Type.Shape;
            var dim = shape[Axis(call.Attributes, shape.Rank)];
            var whole =
                dim.Known
                ?? throw new UnsupportedOperatorException(
                    $"Split divides the size {dim}, which is not known; give the sizes of symbolic dimensions."
                );
            var count = call.Attributes.Int("num_outputs", call.OutputCount);
            if (count != call.OutputCount)
                throw new UnsupportedOperatorException($"Split makes {count} parts, and has {call.OutputCount} outputs.");
            var each = WholeNumbers.DivideUp(whole, count);
            sizes = [.. Enumerable.Range(0, (int)count).Select(index => Math.Clamp(whole - index * each, 0, each))];
        }
        return call.WithInputs(call.Input(0)) with { Attributes = call.Attributes.Without("num_outputs").With("split", sizes) };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        opset < SizesInputSince
            ? base.ToOpset(b, node, opset)
            : base.ToOpset(b, node, opset).WithInputs(node.Inputs[0], b.Vector(Sizes(node.Attributes))) with
            {
                Attributes = node.Attributes.Without("split"),
            };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static int Axis(Attributes attributes, int rank) => Axes.Normalize(attributes.Int("axis", 0), rank);

    private static long[] Sizes(Attributes attributes) =>
        [.. attributes.Ints("split") ?? throw new UnsupportedOperatorException("Split lacks its sizes.")];
}
