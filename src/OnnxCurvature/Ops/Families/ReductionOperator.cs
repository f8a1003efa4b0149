using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// A reduction over axes. Canonical attributes: <c>axes</c> (absent: all), <c>keepdims</c> (default 1). A form with an empty
/// list of axes and <c>noop_with_empty_axes</c> becomes Identity.
/// </summary>
internal abstract class ReductionOperator : Operator
{
    /// <summary>The reduction of a list of elements.</summary>
    protected abstract double Reduce(ReadOnlySpan<double> elements);

    /// <summary>The opset from which the axes are an input in files.</summary>
    protected virtual int AxesInputSince => 18;

    /// <summary>The axes over which a node reduces, ascending.</summary>
    protected static int[] ReducedAxes(Attributes attributes, int rank) =>
        attributes.Ints("axes") is { } axes ? Axes.Normalize(axes, rank) : [.. Enumerable.Range(0, rank)];

    /// <summary>Whether all reduced axes are of size one.</summary>
    protected static bool ReducesNothing(Node node)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        return ReducedAxes(node.Attributes, shape.Rank).All(axis => shape[axis].IsOne);
    }

    /// <summary>Whether reduced axes stay as axes of size one.</summary>
    protected static bool KeepsDims(Attributes attributes) => attributes.Int("keepdims", 1) != 0;

    /// <summary>The value of a reduced shape with the reduced axes put back as ones.</summary>
    protected static Value WithKeptAxes(GraphBuilder b, Node node, Value reduced)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        foreach (var axis in ReducedAxes(node.Attributes, shape.Rank))
            shape = shape.With(axis, 1);
        return Reshape.To(b, reduced, shape);
    }

    /// <summary>The sum of a value of the input's shape over the axes over which a node reduces, in the shape of its output.</summary>
    protected static Value SumLike(GraphBuilder b, Node node, Value value) =>
        ReduceSum.Of(b, value, ReducedAxes(node.Attributes, value.Type.Rank).Select(axis => (long)axis), KeepsDims(node.Attributes));

    /// <summary>
    /// A value of the input's shape with the reduced axes made one and put last: the shape of the other axes, and that one.
    /// </summary>
    protected static Value ReducedLast(GraphBuilder b, Node node, Value value)
    {
        var reduced = ReducedAxes(node.Attributes, value.Type.Rank);
        var kept = Enumerable.Range(0, value.Type.Rank).Except(reduced).ToArray();
        var moved = TransposeAxes.Of(b, value, [.. kept, .. reduced]);
        return Reshape.To(
            b,
            moved,
            moved.Type.Shape.Range(0, kept.Length).Concat([moved.Type.Shape.Product(kept.Length, value.Type.Rank)])
        );
    }

    /// <summary>The size of the last axis. Throws where it is not known.</summary>
    protected static long KnownSize(Value value) =>
        value.Type.Shape[^1].Known
        ?? throw new UnsupportedOperatorException(
            $"the size {value.Type.Shape[^1]} of a reduced axis is not known; give the sizes of symbolic dimensions."
        );

    /// <summary>
    /// Applies a reduction that leaves a single element as it is, so that dropping axes of size one is a reshape. A value over no axes is
    /// returned as it is.
    /// </summary>
    protected static Value Of(ReductionOperator op, GraphBuilder b, Value x, IEnumerable<long> axes, bool keepDims)
    {
        var list = axes.ToImmutableArray();
        if (list.IsEmpty)
            return x;
        var reduced = Axes.Normalize(list, x.Type.Rank);
        return !keepDims && reduced.All(axis => x.Type.Shape[axis].IsOne)
            ? Reshape.To(b, x, [.. x.Type.Shape.Where((_, axis) => !reduced.Contains(axis))])
            : op.Apply(b, [x], Attributes.Empty.With("axes", list).With("keepdims", keepDims ? 1L : 0L)).Output;
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var reduced = ReducedAxes(call.Attributes, x.Rank);
        var keep = KeepsDims(call.Attributes);
        return
        [
            x with
            {
                Shape =
                [
                    .. x.Shape.Select((dim, axis) => reduced.Contains(axis) ? 1 : dim).Where((_, axis) => keep || !reduced.Contains(axis)),
                ],
            },
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var reduced = ReducedAxes(node.Attributes, x.Rank);
        var kept = Enumerable.Range(0, x.Rank).Except(reduced).ToArray();
        var strides = Strided.Strides(x.Shape.AsSpan());
        var outer = Strided.Positions([.. kept.Select(axis => x.Shape[axis])], [.. kept.Select(axis => strides[axis])]);
        var inner = Strided.Positions([.. reduced.Select(axis => x.Shape[axis])], [.. reduced.Select(axis => strides[axis])]);
        var keep = KeepsDims(node.Attributes);
        var shape = x
            .Shape.Select((size, axis) => reduced.Contains(axis) ? 1 : size)
            .Where((_, axis) => keep || !reduced.Contains(axis))
            .ToArray();
        var elements = new double[inner.Length];
        var values = new double[outer.Length];
        for (var i = 0; i < values.Length; i++)
        {
            for (var k = 0; k < inner.Length; k++)
                elements[k] = x.At(outer[i] + inner[k]);
            values[i] = Reduce(elements);
        }
        return
        [
            x.Element.IsFloat()
                ? Tensor.Of(x.Element, shape, values)
                : Tensor.Of(x.Element, shape, Array.ConvertAll(values, value => Whole(x.Element, value))),
        ];
    }

    /// <summary>A whole number; of an infinite one, which an extreme of no elements is, the least or the greatest of the type.</summary>
    private static long Whole(ElementType element, double number) =>
        double.IsFinite(number)
            ? (long)number
            : element switch
            {
                ElementType.Bool => number > 0 ? 1 : 0,
                ElementType.Int64 or ElementType.UInt64 => number > 0 ? long.MaxValue
                : element == ElementType.UInt64 ? 0
                : long.MinValue,
                _ => number > 0 ? Integers.Bounds(element).Greatest : Integers.Bounds(element).Least,
            };

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var axes = ReducedAxes(node.Attributes, node.Inputs[0]!.Type.Rank).Select(axis => (long)axis + 1).ToImmutableArray();
        if (!axes.IsEmpty)
            return [Apply(b, [inputs[0]], node.Attributes.With("axes", axes)).Output];
        // A scalar has no axis to reduce, and leaving the axes out would reduce that of the directions: it gets one.
        var stacked = Reshape.InsertAxis(b, inputs[0]!, 1);
        return [Apply(b, [stacked], Attributes.Empty.With("axes", [1L]).With("keepdims", 0L)).Output];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var reduced = ReducedAxes(node.Attributes, node.Inputs[0]!.Type.Rank);
        var axis = inputs[0].Axis;
        return
        [
            !inputs[0].IsSeparate || reduced.Contains(axis)
                ? SampleLayout.Coupled
                : SampleLayout.At(KeepsDims(node.Attributes) ? axis : axis - reduced.Count(other => other < axis)),
        ];
    }

    /// <summary>
    /// How elements are put together over the axes that are reduced, where that is a sum or a mean of something of each element.
    /// </summary>
    protected virtual SampleTotal? Total => null;

    /// <inheritdoc/>
    public override SampleTotal? TotalOver(Node node, int axis) =>
        ReducedAxes(node.Attributes, node.Inputs[0]!.Type.Rank).Contains(axis) ? Total : null;

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var noop = call.Attributes.Int("noop_with_empty_axes", 0) != 0;
        var attributes = call.Attributes.Without("noop_with_empty_axes");
        var axes = opset >= AxesInputSince ? call.ConstantIntegers(1) : attributes.Ints("axes")?.ToArray();
        call = call.WithInputs(call.Input(0)) with { Attributes = attributes };
        return axes is { Length: > 0 } ? call with { Attributes = attributes.With("axes", axes) }
            : noop ? call with { Name = nameof(Identity), Attributes = Attributes.Empty }
            : call with { Attributes = attributes.Without("axes") };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        return opset >= AxesInputSince ? call.WithAxesAsInput(b) : call;
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => size(node.Inputs[0]!.Type.Shape.Elements);

    /// <summary>Several axes as a single one, which they become behind all others.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var x = call.Required(0);
        if (gaps.HasFlag(EngineGaps.ConstantData) && GraphWalk.HoldsNoParameter(x))
            throw new UnsupportedOperatorException("it reduces weights, which no input of the file changes.");
        var reduced = ReducedAxes(call.Attributes, x.Type.Rank);
        if (!gaps.HasFlag(EngineGaps.WideReductions) || reduced.Length < 2)
            return null;
        var kept = Enumerable.Range(0, x.Type.Rank).Except(reduced).ToArray();
        var moved = TransposeAxes.Of(b, x, [.. kept, .. reduced]);
        var merged = moved.Type.Shape.Range(0, kept.Length).Concat([moved.Type.Shape.Product(kept.Length, x.Type.Rank)]);
        var attributes = call.Attributes.With("axes", [(long)kept.Length]).With("keepdims", 0L);
        return [Reshape.To(b, Apply(b, [Reshape.To(b, moved, merged)], attributes).Output, types[0].Shape)];
    }

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide)
    {
        var (x, rank) = (wide(node.Inputs[0]!), node.Inputs[0]!.Type.Rank);
        long[] axes = [.. ReducedAxes(node.Attributes, rank).Select(axis => (long)axis + x.Type.Rank - rank)];
        // A scalar has no axes, and its matrix has one to reduce.
        if (axes.Length == 0)
            axes = [0];
        var kept = Apply(b, [x], node.Attributes.With("axes", axes).With("keepdims", 1L)).Output;
        return Reshape.To(b, kept, Matrices.ShapeOf(node.Output.Type.Shape));
    }
}
