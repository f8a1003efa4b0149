using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>
/// The mean of each window of x [N, C, *spatial]: over its entries inside x, or with <c>count_include_pad</c> over those in the padding,
/// too. Linear. Canonical attributes as for <see cref="MaxPool"/>.
/// </summary>
internal sealed class AveragePool : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [Window.Pooled(call.Required(0).Type, call.Attributes, Kernel(call.Attributes))];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        long[] sizes = [.. x.Shape.Skip(2)];
        var window = Window.Of(node.Attributes, Kernel(node.Attributes), TensorShape.Of(sizes));
        var outputs = window.Outputs(sizes);
        var (taps, counts) = (window.Taps(sizes, outputs), window.Counts(sizes, outputs, CountsPadding(node)));
        var (area, planes) = ((int)sizes.Aggregate(1L, (a, b) => a * b), (int)(x.Shape[0] * x.Shape[1]));
        var y = new double[planes * counts.Length];
        for (var plane = 0; plane < planes; plane++)
        for (var tap = 0; tap < taps.Length; tap++)
            if (taps[tap] >= 0)
                y[plane * counts.Length + tap % counts.Length] += x.Floats[plane * area + taps[tap]] / counts[tap % counts.Length];
        return [Tensor.Of(x.Element, [.. x.Shape.Take(2), .. outputs], y)];
    }

    /// <summary>
    /// cy divided by the number of entries and given to each of them: by repetition where windows lie side by side, else by a transposed
    /// convolution of every plane with a kernel of ones.
    /// </summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var (x, y, c) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape, cy[0]!);
        var (rank, spatial, outputs) = (x.Rank - 2, x.Range(2, x.Rank), y.Range(2, y.Rank));
        if (!spatial.IsKnown)
            throw new UnsupportedOperatorException(
                $"the derivative of AveragePool needs the spatial sizes of {x}; give the sizes of symbolic dimensions."
            );
        var window = Window.Of(node.Attributes, Kernel(node.Attributes), spatial);
        var counts = window.Counts(spatial.Sizes, outputs.Sizes, CountsPadding(node));
        var weights =
            counts.Distinct().Count() == 1
                ? b.Scalar(c.Type.Element, 1 / counts[0])
                : b.Constant(Tensor.Of(c.Type.Element, outputs.Sizes, Array.ConvertAll(counts, count => 1 / count)));
        c = Mul.Of(b, c, weights);
        if (window.IsDisjoint && outputs.Select((dim, axis) => dim.Factor * window.Kernel[axis] <= spatial[axis].Factor).All(fits => fits))
            return Repeated(b, c, window, x);
        // Where a last window overhangs, more is cut off at the end than the padding.
        var cut = window with
        {
            Ends =
            [
                .. window.Ends.Select(
                    (end, axis) =>
                        Math.Max(
                            end,
                            (outputs[axis].Factor - 1) * window.Strides[axis]
                                + window.Span(axis)
                                - window.Begins[axis]
                                - spatial[axis].Factor
                        )
                ),
            ],
        };
        var ones = b.Constant(Tensor.Filled(c.Type.Element, [1, 1, .. window.Kernel], 1));
        var planes = Reshape.To(b, c, [y[0] * y[1], 1, .. outputs]);
        return Reshape.To(b, ConvTranspose.Of(b, planes, ones, cut, 1, spatial), x);
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
            SampleFolding.Unfold(
                b,
                Apply(b, [SampleFolding.Fold(b, inputs[0]!)], node.Attributes).Output,
                node.Output.Type.Shape,
                directions
            ),
        ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0].IsSeparate && inputs[0].Axis < 2 ? inputs[0] : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var x = call.Required(0).Type.Shape;
        return call with { Attributes = Window.Canonical(call.Attributes, Kernel(call.Attributes), x.Range(2, x.Rank)) };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) is var call && IsDilated(node)
            ? call
            : call with
            {
                Attributes = call.Attributes.Without("dilations"),
            };

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => IsDilated(node) ? 19 : 13;

    /// <summary>The sum over each window divided by the number of its entries.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var (x, outputs) = (call.Required(0), types[0].Shape.Range(2, types[0].Rank));
        var spatial = x.Type.Shape.Range(2, x.Type.Rank);
        var window = Window.Of(call.Attributes, Kernel(call.Attributes), spatial);
        var withPadding = call.Attributes.Int("count_include_pad", 0) != 0;
        return [Div.Of(b, new WindowTaps(b, x, window, outputs).Sum(), Counts())];

        Value Counts()
        {
            if (spatial.IsKnown && outputs.IsKnown)
            {
                var counts = window.Counts(spatial.Sizes, outputs.Sizes, withPadding);
                return counts.Distinct().Count() == 1
                    ? b.Scalar(x.Type.Element, counts[0])
                    : b.Constant(Tensor.Of(x.Type.Element, outputs.Sizes, counts));
            }
            if (withPadding || window.Pads.All(pad => pad == 0))
                return b.Scalar(x.Type.Element, window.Kernel.Aggregate(1.0, (product, length) => product * length));
            return new WindowTaps(b, Expand.Of(b, b.Scalar(x.Type.Element, 1), [1, 1, .. spatial]), window, outputs).Sum();
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) => null;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        size(node.Output.Type.Shape.Elements) * Kernel(node.Attributes).Aggregate(1.0, (product, length) => product * length);

    private static bool IsDilated(Node node) => node.Attributes.Ints("dilations")?.Any(dilation => dilation != 1) ?? false;

    private static bool CountsPadding(Node node) => node.Attributes.Int("count_include_pad", 0) != 0;

    private static ImmutableArray<long> Kernel(Attributes attributes) =>
        attributes.Ints("kernel_shape") ?? throw new UnsupportedOperatorException("AveragePool lacks its attribute kernel_shape.");

    /// <summary>Each entry repeated over its window, and zeros after the last.</summary>
    private static Value Repeated(GraphBuilder b, Value c, Window window, TensorShape x)
    {
        var y = c.Type.Shape;
        var (single, filled) = (new List<Dim> { y[0], y[1] }, new List<Dim> { y[0], y[1] });
        var (joined, pads) = (y, new long[2 * x.Rank]);
        for (var axis = 2; axis < x.Rank; axis++)
        {
            single.AddRange([y[axis], 1]);
            filled.AddRange([y[axis], window.Kernel[axis - 2]]);
            joined = joined.With(axis, y[axis] * window.Kernel[axis - 2]);
            pads[x.Rank + axis] = x[axis].Factor - joined[axis].Factor;
        }
        return Pad.Of(b, Reshape.To(b, Expand.Of(b, Reshape.To(b, c, [.. single]), [.. filled]), joined), pads);
    }

    /// <summary>The sum over each window divided by the number of its entries, with the padding.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) => gaps.HasFlag(EngineGaps.CountedPadding) && call.Attributes.Int("count_include_pad", 0) != 0 ? InFloat64(b, call, types) : null;

    /// <summary>Without padding every window has as many entries.</summary>
    public override SquaredCoefficients? SquaredIn(Node node, int input) =>
        node.Attributes.Ints("pads")?.Any(width => width != 0) == true
        || node.Attributes.Int("ceil_mode", 0) != 0
        || node.Attributes.Text("auto_pad", "NOTSET") != "NOTSET"
            ? null
            : SquaredCoefficients.OfMean(Kernel(node.Attributes).Aggregate(1L, (product, length) => product * length));

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
