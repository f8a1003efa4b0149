using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>
/// The greatest entry of each window of x [N, C, *spatial], and, as a second output, its flat position in x. Piecewise linear; of equal
/// entries the first wins. Canonical attributes: <c>kernel_shape</c>, <c>strides</c>, <c>dilations</c>, <c>pads</c>, <c>ceil_mode</c>,
/// <c>storage_order</c> of the positions.
/// </summary>
internal sealed class MaxPool : Operator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <summary>The most entries of the matrix that gives every position its window.</summary>
    private const long LargestSelection = 1 << 18;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var y = Window.Pooled(call.Required(0).Type, call.Attributes, Kernel(call.Attributes));
        return call.OutputCount > 1 ? [y, y with { Element = ElementType.Int64 }] : [y];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        long[] sizes = [.. x.Shape.Skip(2)];
        var window = Window.Of(node.Attributes, Kernel(node.Attributes), TensorShape.Of(sizes));
        var outputs = window.Outputs(sizes);
        var taps = window.Taps(sizes, outputs);
        var places = (int)outputs.Aggregate(1L, (a, b) => a * b);
        var area = (int)sizes.Aggregate(1L, (a, b) => a * b);
        var planes = (int)(x.Shape[0] * x.Shape[1]);
        var stored = node.Attributes.Int("storage_order", 0) == 0 ? null : ColumnMajor(sizes);
        var (values, positions) = (new double[planes * places], new long[planes * places]);
        Parallel.For(
            0,
            planes,
            plane =>
            {
                for (var p = 0; p < places; p++)
                {
                    var (best, at) = (double.NegativeInfinity, -1);
                    for (var tap = p; tap < taps.Length; tap += places)
                        if (taps[tap] >= 0 && (at < 0 || x.At(plane * area + taps[tap]) > best))
                            (best, at) = (x.At(plane * area + taps[tap]), taps[tap]);
                    values[plane * places + p] = best;
                    positions[plane * places + p] = plane * area + (stored is null || at < 0 ? at : stored[at]);
                }
            }
        );
        long[] shape = [.. x.Shape.Take(2), .. outputs];
        // Integers are those of images, of 8 bits.
        var y = Tensor.Of(ElementType.Float64, shape, values).CastTo(x.Element);
        return node.Outputs.Length > 1 ? [y, Tensor.Of(ElementType.Int64, shape, positions)] : [y];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseLinear;

    /// <summary>dy = dx at the argmax positions.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return NoTangents(node);
        var (x, y) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape);
        if (!x.Range(2, x.Rank).IsKnown)
            throw new UnsupportedOperatorException(
                $"the derivative of MaxPool needs the spatial sizes of {x}; give the sizes of symbolic dimensions."
            );
        var window = Window.Of(node.Attributes, Kernel(node.Attributes), x.Range(2, x.Rank));
        var argmax = ArgmaxPositions(b, node);
        var exact =
            window.IsDisjoint
            && y.Range(2, y.Rank).Select((dim, axis) => dim.Factor * window.Kernel[axis] <= x[axis + 2].Factor).All(fits => fits);
        var dy =
            !exact ? ByIndex(b, tangent, argmax)
            : x.Product(2, x.Rank).Factor * y.Product(2, y.Rank).Factor <= LargestSelection ? BySelection(b, tangent, argmax, window)
            : ByMask(b, tangent, argmax, window);
        return node.Outputs.Length > 1 ? [dy, null] : [dy];
    }

    /// <summary>
    /// Directions are more samples; positions, which count through all samples, are brought back into the range of the first direction.
    /// </summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var (x, y) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape);
        var folded = Apply(b, [SampleFolding.Fold(b, inputs[0]!)], node.Attributes, node.Outputs.Length);
        var values = SampleFolding.Unfold(b, folded.Output, y, directions);
        if (node.Outputs.Length == 1)
            return [values];
        var positions = Mod.Of(b, folded.Outputs[1], Reshape.To(b, Dims.ToValue(b, x.Elements), TensorShape.Scalar));
        return [values, SampleFolding.Unfold(b, positions, y, directions)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [.. node.Outputs.Select(_ => inputs[0].IsSeparate && inputs[0].Axis < 2 ? inputs[0] : SampleLayout.Coupled)];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var x = call.Required(0).Type.Shape;
        return call with { Attributes = Window.Canonical(call.Attributes, Kernel(call.Attributes), x.Range(2, x.Rank)) };
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        size(node.Output.Type.Shape.Elements) * Kernel(node.Attributes).Aggregate(1.0, (product, length) => product * length);

    private static ImmutableArray<long> Kernel(Attributes attributes) =>
        attributes.Ints("kernel_shape") ?? throw new UnsupportedOperatorException("MaxPool lacks its attribute kernel_shape.");

    /// <inheritdoc/>
    /// <remarks>The spatial sizes must be known.</remarks>
    public override Value ArgmaxPositions(GraphBuilder b, Node node)
    {
        var x = node.Inputs[0]!.Type.Shape;
        var area = x.Product(2, x.Rank);
        var positions =
            node.Outputs.Length > 1 && node.Attributes.Int("storage_order", 0) == 0
                ? node.Outputs[1]
                : Apply(b, [node.Inputs[0]], node.Attributes.Without("storage_order"), 2).Outputs[1];
        return Mod.Of(b, positions, b.Scalar(ElementType.Int64, area.Factor));
    }

    /// <summary>
    /// For windows side by side in a small plane: the masked tangent times the matrix [P, Q] that is one where position p lies in window
    /// q. The transpose repeats cotangents by a matrix product, which is faster than broadcasting along short axes.
    /// </summary>
    private static Value BySelection(GraphBuilder b, Value dx, Value argmax, Window window)
    {
        var (x, y, rank) = (dx.Type.Shape, argmax.Type.Shape, window.Rank);
        var (area, count) = (x.Product(2, x.Rank), y.Product(2, y.Rank));
        var (sizes, outputs) = (x.Range(2, x.Rank).Sizes, y.Range(2, y.Rank).Sizes);
        // For every position its window, and itself; a position that no window covers is the argmax position of none.
        var (windows, places) = (new long[area.Factor], new long[area.Factor]);
        for (long p = 0; p < area.Factor; p++)
        {
            var (rest, scale, covered) = (p, 1L, true);
            places[p] = p;
            for (var axis = rank - 1; axis >= 0; axis--)
            {
                var at = rest % sizes[axis] / window.Kernel[axis];
                rest /= sizes[axis];
                covered &= at < outputs[axis];
                windows[p] += at * scale;
                scale *= outputs[axis];
            }
            if (!covered)
                (windows[p], places[p]) = (0, -1);
        }
        var owner = b.Vector(windows);
        var flat = Reshape.To(b, argmax, [y[0], y[1], count]);
        var mask = Cast.Of(b, Equal.Of(b, Gather.Of(b, flat, owner, 2), b.Vector(places)), dx.Type.Element);
        var selection = OneHotRows.Of(b, owner, count.Factor, dx.Type.Element);
        var sums = Products.MatMul.Of(b, Mul.Of(b, Reshape.To(b, dx, [x[0], x[1], area]), mask), selection);
        return Reshape.To(b, sums, y);
    }

    /// <summary>
    /// For windows side by side: Σ over each window of mask * dx, where the mask is one at the argmax position. Its transpose is a product
    /// of the mask with the repeated cotangent, without a scattering.
    /// </summary>
    private static Value ByMask(GraphBuilder b, Value dx, Value argmax, Window window)
    {
        var (x, y, rank) = (dx.Type.Shape, argmax.Type.Shape, window.Rank);
        var (windows, repeated) = (new List<Dim> { y[0], y[1] }, new List<Dim> { y[0], y[1] });
        for (var axis = 0; axis < rank; axis++)
        {
            var covered = y[axis + 2].Factor * window.Kernel[axis];
            dx = Slice.Of(b, dx, axis + 2, 0, covered);
            windows.AddRange([y[axis + 2], window.Kernel[axis]]);
            repeated.AddRange([y[axis + 2], 1]);
        }
        // The flat position of every entry of every window, as a sum of what each axis contributes: short constants for large planes.
        var plane = Strided.Strides([.. x.Skip(2).Select(dim => dim.Factor)]);
        Value? grid = null;
        for (var axis = 0; axis < rank; axis++)
        {
            long[] shape =
            [
                .. Enumerable.Repeat(1L, 2 * axis),
                y[axis + 2].Factor,
                window.Kernel[axis],
                .. Enumerable.Repeat(1L, 2 * (rank - axis - 1)),
            ];
            b.Budget.TakeTensor(TensorShape.Of(shape));
            long[] steps = [.. Enumerable.Range(0, (int)(shape[2 * axis] * shape[2 * axis + 1])).Select(at => at * plane[axis])];
            var along = b.Constant(Tensor.Of(ElementType.Int64, shape, steps));
            grid = grid is null ? along : Add.Of(b, grid, along);
        }
        var mask = Cast.Of(b, Equal.Of(b, Reshape.To(b, argmax, [.. repeated]), grid!), dx.Type.Element);
        return ReduceSum.Of(
            b,
            Mul.Of(b, Reshape.To(b, dx, [.. windows]), mask),
            Enumerable.Range(0, rank).Select(axis => 3L + 2 * axis),
            keepDims: false
        );
    }

    /// <summary>For windows that overlap or reach into the padding: dx gathered at the argmax positions.</summary>
    private static Value ByIndex(GraphBuilder b, Value dx, Value argmax)
    {
        var (x, y) = (dx.Type.Shape, argmax.Type.Shape);
        var planes = Reshape.To(b, dx, [x[0], x[1], x.Product(2, x.Rank)]);
        var gathered = GatherElements.Of(b, planes, Reshape.To(b, argmax, [y[0], y[1], y.Product(2, y.Rank)]), 2);
        return Reshape.To(b, gathered, y);
    }

    /// <summary>For every row-major position the column-major one.</summary>
    private static int[] ColumnMajor(long[] sizes)
    {
        var strides = Strided.Strides([.. sizes.Reverse()]);
        Array.Reverse(strides);
        return Strided.Positions(sizes, strides);
    }

    /// <summary>
    /// The greatest entries as they are, and their positions from the number of the first kernel position that has the greatest entry.
    /// </summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        if (!gaps.HasFlag(EngineGaps.PoolingPositions) || call.OutputCount < 2)
            return null;
        var (x, attributes) = (call.Required(0), call.Attributes.Without("storage_order"));
        if (!x.Type.Shape.Range(2, x.Type.Rank).IsKnown)
            throw new UnsupportedOperatorException($"it needs the sizes of {x.Type.Shape}; give the sizes of symbolic dimensions.");
        if (call.Attributes.Int("storage_order", 0) != 0)
            throw new UnsupportedOperatorException("it counts positions column by column.");
        var (sizes, outputs) = (x.Type.Shape.Range(2, x.Type.Rank), types[0].Shape.Range(2, types[0].Rank));
        var window = Window.Of(call.Attributes, Kernel(call.Attributes), sizes);
        var taps = new WindowTaps(b, x, window, outputs, float.MinValue);
        var last = types[0].Rank;
        Value[] seen = [.. Enumerable.Range(0, (int)taps.Count).Select(tap => Reshape.InsertAxis(b, taps.At(tap), last))];
        var first = Catalogue
            .Get<ArgMax>()
            .Apply(b, [Concat.Of(b, seen, last)], Attributes.Empty.With("axis", (long)last).With("keepdims", 0L))
            .Output;
        // A position is that of the window, plus that of the kernel position within it, plus that of the plane.
        var strides = Strided.Strides(sizes.Sizes);
        var starts = Strided
            .Positions(outputs.Sizes, [.. strides.Select((stride, axis) => stride * window.Strides[axis])])
            .Select(position => position - window.Begins.Select((begin, axis) => begin * strides[axis]).Sum());
        var plane = FirstOfPlanes(b, types[0].Shape, sizes.Elements.Factor);
        var start = b.Constant(Tensor.Of(ElementType.Int64, outputs.Sizes, starts.ToArray()));
        return [Apply(b, [x], attributes).Output, Add.Of(b, Add.Of(b, Within(b, first, window, strides), start), plane)];
    }

    /// <summary>
    /// For every plane of [N, C, *outputs] the position of its first element, [N, C, 1, …]. The number of samples may be symbolic.
    /// </summary>
    private static Value FirstOfPlanes(GraphBuilder b, TensorShape shape, long area)
    {
        var planes = shape.Product(0, 2);
        Dim[] aligned = [shape[0], shape[1], .. Enumerable.Repeat<Dim>(1, shape.Rank - 2)];
        if (planes.Known is not { } count)
            return Reshape.To(
                b,
                Mul.Of(b, Structure.Range.UpTo(b, Dims.ToValue(b, planes), planes), b.Scalar(ElementType.Int64, area)),
                [.. aligned]
            );
        b.Budget.TakeTensor([count]);
        long[] first = [.. Enumerable.Range(0, (int)count).Select(index => index * area)];
        return b.Constant(Tensor.Of(ElementType.Int64, [.. aligned.Select(dim => dim.Factor)], first));
    }

    /// <summary>How far a kernel position, counted row by row, is from the start of its window, within a plane.</summary>
    private static Value Within(GraphBuilder b, Value tap, Window window, long[] strides)
    {
        Value? sum = null;
        var size = 1L;
        for (var axis = window.Rank - 1; axis >= 0; axis--)
        {
            var row = Div.Of(b, tap, b.Scalar(ElementType.Int64, size));
            var index = axis == 0 ? row : Mod.Of(b, row, b.Scalar(ElementType.Int64, window.Kernel[axis]));
            var part = Mul.Of(b, index, b.Scalar(ElementType.Int64, strides[axis] * window.Dilations[axis]));
            sum = sum is null ? part : Add.Of(b, sum, part);
            size *= window.Kernel[axis];
        }
        return sum!;
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
