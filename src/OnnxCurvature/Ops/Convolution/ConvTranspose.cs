using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// The transposed convolution: each entry x[n, c, p] adds x[n, c, p] w[c, o, k] to y[n, o, p * stride + k * dilation - pad]. x is
/// [N, C, *spatial], w [C, O/G, *kernel], b [O]. Bilinear in x and w, affine in b. Canonical attributes are those of <see cref="Conv"/> and
/// <c>output_padding</c>; the window slides over y.
/// </summary>
internal sealed class ConvTranspose : ConvolutionOperator
{
    /// <summary>
    /// The transpose, in its input, of a convolution by <paramref name="window"/> over <paramref name="outputs"/>, whose sizes must be
    /// known.
    /// </summary>
    public static Value Of(GraphBuilder b, Value x, Value w, Window window, long groups, TensorShape outputs)
    {
        var spatial = x.Type.Shape.Range(2, window.Rank + 2);
        if (!outputs.IsKnown || !spatial.IsKnown)
            throw new UnsupportedOperatorException(
                $"the spatial sizes {outputs} at a convolution with strides are not known; give the sizes of symbolic dimensions."
            );
        var uncovered = outputs.Select((dim, axis) => dim.Factor - Covered(window, axis, spatial[axis].Factor));
        var attributes = window.Write(Attributes.Empty).With("group", (object)groups).With("output_padding", uncovered);
        return Catalogue.Get<ConvTranspose>().Apply(b, [x, w], attributes).Output;
    }

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Weight;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, w) = (call.Required(0).Type, call.Required(1).Type);
        if (x.Rank < 3 || w.Rank != x.Rank)
            throw new ShapeException($"the shapes {x.Shape} and {w.Shape} do not fit a transposed convolution");
        if (x.Shape[1].IsKnown && w.Shape[0].IsKnown && x.Shape[1] != w.Shape[0])
            throw new ShapeException(
                $"the input of shape {x.Shape} has {x.Shape[1]} channels where the weight of shape {w.Shape} takes {w.Shape[0]}"
            );
        if (Group(call.Attributes) < 1 || w.Shape[0].Known % Group(call.Attributes) > 0)
            throw new ShapeException($"{Group(call.Attributes)} groups do not divide the inputs of a weight of shape {w.Shape}");
        var window = WindowOf(call.Attributes, w.Shape);
        var padding = OutputPadding(call.Attributes, window.Rank);
        return [x with { Shape = [x.Shape[0], w.Shape[1] * Group(call.Attributes), .. x.Shape.Range(2, x.Rank).Select(Output)] }];

        Dim Output(Dim dim, int axis)
        {
            var (stride, more) = (window.Strides[axis], Covered(window, axis, 1) - 1 + padding[axis]);
            return stride == 1 && more == 0
                ? dim
                : dim.Map(
                    size => size > 0 ? (size - 1) * stride + 1 + more : 0,
                    string.Create(CultureInfo.InvariantCulture, $"({{0}}-1)*{stride}+{more + 1}")
                );
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, w) = (inputs[0]!, inputs[1]!);
        var window = WindowOf(node.Attributes, w.Type.Shape);
        var padding = OutputPadding(node.Attributes, window.Rank);
        var sizes = padding.Select((more, axis) => Covered(window, axis, x.Shape[axis + 2]) + more).ToArray();
        var y = ManagedConvolution.Transposed(x, w, window, (int)Group(node.Attributes), sizes);
        if (inputs.Length > 2 && inputs[2] is { } bias)
            ManagedConvolution.AddBias(y, bias);
        return [y];
    }

    /// <inheritdoc/>
    public override KernelAxes? KernelAxesOf(Node node, int input) => input == 1 ? new KernelAxes(Output: 1, Input: 0, Data: 1) : null;

    /// <summary>cx is a convolution of cy; cw = Σ_n x_n · Y_nᵀ over the unfolded windows of cy.</summary>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy)
    {
        var (x, w, group) = (node.Inputs[0]!.Type.Shape, node.Inputs[1]!.Type.Shape, Group(node.Attributes));
        var window = WindowOf(node.Attributes, w);
        var exact = window with { Ends = [.. window.Ends.Zip(OutputPadding(node.Attributes, window.Rank), (end, more) => end - more)] };
        var spatial = x.Range(2, x.Rank);
        if (input == 0)
            return Conv.Of(b, cy[0]!, node.Inputs[1]!, exact, group, spatial);
        if (input == 2)
            return Conv.SumOverAllButChannels(b, cy[0]!);
        var windows = Unfolding.Of(b, cy[0]!, exact, group, spatial);
        var rows = Reshape.To(b, node.Inputs[0]!, [x[0], group, x[1].DividedBy(group)!.Value, spatial.Elements]);
        return Reshape.To(b, ReduceSum.Of(b, Unfolding.Contract(b, windows, rows), [0], keepDims: false), w);
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var bias = inputs.Length > 2 ? inputs[2] : SampleLayout.None;
        return
        [
            inputs[0] == SampleLayout.At(0) && inputs[1].IsNone && bias.IsNone ? SampleLayout.At(0)
            : inputs[0].IsNone && inputs[1].IsNone ? SampleLayout.At(1)
            : SampleLayout.Coupled,
        ];
    }

    /// <summary>
    /// y = W · X over the windows of x with zeros put between its entries, where W holds the mirrored kernels as rows.
    /// </summary>
    public override UnfoldedProduct? Unfold(GraphBuilder b, Node node, int input)
    {
        if (input != 1)
            return null;
        var (w, y, group) = (node.Inputs[1]!.Type.Shape, node.Output.Type.Shape, Group(node.Attributes));
        var window = WindowOf(node.Attributes, w);
        var mirrored = Mirrored(node.Attributes, window);
        var (inputs, outputs, kernel) = (w[0].DividedBy(group)!.Value, w[1], w.Range(2, w.Rank));
        return new UnfoldedProduct(
            Unfolding.Of(b, Dilated(b, node.Inputs[0]!, window.Strides), mirrored, group, y.Range(2, y.Rank)),
            (builder, cy) => Reshape.To(builder, cy, [cy.Type.Shape[0], y[0], group, outputs, y.Product(2, y.Rank)]),
            (builder, rows) =>
            {
                var split = Reshape.To(builder, rows, [group, outputs, inputs, .. kernel]);
                return Conv.Mirror(builder, Reshape.To(builder, TransposeAxes.Move(builder, split, 2, 1), w));
            }
        );
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var (x, w, attributes) = (call.Required(0).Type.Shape, call.Required(1).Type.Shape, call.Attributes);
        var automatic = attributes.Text("auto_pad", "NOTSET");
        var window = WindowOf(attributes.Without("auto_pad", "pads"), w);
        var padding = OutputPadding(attributes, window.Rank);
        if (attributes.Ints("output_shape") is { } asked && asked.Length < window.Rank)
            throw new UnsupportedOperatorException($"ConvTranspose has {asked.Length} output sizes for {window.Rank} spatial axes.");
        if (automatic.StartsWith("SAME", StringComparison.Ordinal) || attributes.Has("output_shape"))
        {
            // Entries beyond the output that is asked for are padding; an odd part of it goes to the end for SAME_UPPER, else to the
            // begin. Missing entries are filled up at the end.
            var totals = padding.Select((more, axis) => Total(more, axis)).ToArray();
            padding = [.. padding.Zip(totals, (more, total) => more + Math.Max(0, -total))];
            totals = [.. totals.Select(total => Math.Max(0, total))];
            ImmutableArray<long> less = [.. totals.Select(total => total / 2)];
            ImmutableArray<long> rest = [.. totals.Select(total => total - total / 2)];
            window = automatic == "SAME_UPPER" ? window with { Begins = less, Ends = rest } : window with { Begins = rest, Ends = less };
        }
        else if (automatic == "NOTSET")
            window = WindowOf(attributes, w);
        return call with
        {
            Attributes = window
                .Write(attributes.Without("auto_pad", "output_shape"))
                .With("output_padding", padding)
                .With("group", (object)Group(attributes)),
        };

        long Total(long more, int axis)
        {
            var size =
                x[axis + 2].Known
                ?? throw new UnsupportedOperatorException(
                    $"the paddings of ConvTranspose depend on the size {x[axis + 2]}, which is not known; give the sizes of symbolic "
                        + $"dimensions."
                );
            var wanted = attributes.Ints("output_shape") is { } shape
                ? shape[shape.Length - window.Rank + axis]
                : size * window.Strides[axis];
            return Covered(window, axis, size) + more - wanted;
        }
    }

    /// <summary>The convolution of x, with zeros put between its entries, with the mirrored kernels.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var x = call.Required(0);
        var w = call.Required(1);
        var y = types[0].Shape;
        var group = Group(call.Attributes);
        var window = WindowOf(call.Attributes, w.Type.Shape);
        var kernels = Conv.ExchangeChannels(b, Conv.Mirror(b, w), group);
        return
        [
            TapProducts.WithBias(
                b,
                TapProducts.Convolve(b, Dilated(b, x, window.Strides), kernels, Mirrored(call.Attributes, window), group, y),
                call.Input(2)
            ),
        ];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Inputs[0]!.Type.Shape.Elements) * size(node.Inputs[1]!.Type.Shape.Product(1, node.Output.Type.Rank));

    /// <summary>One thread makes a matrix product for each image, whose output [C·kernel, positions] it adds up.</summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) =>
        new(
            Besides: size(node.Inputs[0]!.Type.Shape[0])
                * size(node.Inputs[0]!.Type.Shape.Product(2, node.Output.Type.Rank))
                * size(node.Output.Type.Shape[1])
                * size(node.Inputs[1]!.Type.Shape.Product(2, node.Output.Type.Rank)),
            OnOneThread: true
        );

    private static long Group(Attributes attributes) => attributes.Int("group", 1);

    private static long[] OutputPadding(Attributes attributes, int rank) =>
        attributes.Ints("output_padding") is not { } padding ? new long[rank]
        : padding.Length == rank ? [.. padding]
        : throw new UnsupportedOperatorException($"ConvTranspose has {padding.Length} output paddings for {rank} spatial axes.");

    /// <summary>The window that slides over x with zeros between its entries.</summary>
    private static Window Mirrored(Attributes attributes, Window window)
    {
        var padding = OutputPadding(attributes, window.Rank);
        return window with
        {
            Strides = [.. window.Strides.Select(_ => 1L)],
            Begins = [.. window.Begins.Select((pad, axis) => window.Span(axis) - 1 - pad)],
            Ends = [.. window.Ends.Select((pad, axis) => window.Span(axis) - 1 - pad + padding[axis])],
        };
    }

    private static Window WindowOf(Attributes attributes, TensorShape w) =>
        Window.Of(attributes, Conv.Kernel(attributes, w), w.Range(2, w.Rank));

    /// <summary>How many output positions the windows cover that are so many along an axis, without the padding.</summary>
    private static long Covered(Window window, int axis, long windows) =>
        (windows - 1) * window.Strides[axis] + window.Span(axis) - window.Begins[axis] - window.Ends[axis];

    /// <summary>x with zeros between its entries along the spatial axes: entry p comes to p * stride.</summary>
    private static Value Dilated(GraphBuilder b, Value x, ImmutableArray<long> strides)
    {
        for (var axis = 2; axis < x.Type.Rank; axis++)
        {
            if (strides[axis - 2] is not (> 1 and var stride))
                continue;
            var shape = x.Type.Shape;
            var padded = Pad.Of(b, Reshape.InsertAxis(b, x, axis + 1), axis + 1, 0, stride - 1);
            x = Pad.Of(b, Reshape.To(b, padded, shape.With(axis, shape[axis] * stride)), axis, 0, 1 - stride);
        }
        return x;
    }

    /// <summary>The kernels of all directions beside one another within their group: K * O outputs at once.</summary>
    protected override Value BatchWeight(GraphBuilder b, Node node, Value x, Value w, Dim directions)
    {
        var (shape, y, group) = (node.Inputs[1]!.Type.Shape, node.Output.Type.Shape, Group(node.Attributes));
        var stacked = Reshape.To(b, TransposeAxes.Move(b, w, 0, 1), shape.With(1, shape[1] * directions));
        var split = Reshape.To(
            b,
            Apply(b, [x, stacked], node.Attributes).Output,
            [y[0], group, directions, shape[1], .. y.Range(2, y.Rank)]
        );
        return Reshape.To(b, TransposeAxes.Move(b, split, 2, 0), y.Prepend(directions));
    }

    /// <summary>One group of channels for each direction and group.</summary>
    protected override Value BatchBoth(GraphBuilder b, Node node, Value x, Value w, Dim directions)
    {
        var (from, shape, y) = (node.Inputs[0]!.Type.Shape, node.Inputs[1]!.Type.Shape, node.Output.Type.Shape);
        var count =
            directions.Known
            ?? throw new UnsupportedOperatorException(
                $"ConvTranspose cannot take inputs and weights that differ between directions whose number {directions} is not known."
            );
        var side = Reshape.To(b, TransposeAxes.Move(b, x, 0, 1), from.With(1, from[1] * count));
        var all = Apply(
            b,
            [side, Reshape.To(b, w, shape.With(0, shape[0] * count))],
            node.Attributes.With("group", (object)(Group(node.Attributes) * count))
        ).Output;
        return TransposeAxes.Move(b, Reshape.To(b, all, y.Insert(1, directions)), 1, 0);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) =>
        gaps.HasFlag(EngineGaps.ComputedTransposedKernels) && !GraphWalk.HoldsNoParameter(call.Required(1))
            ? throw new UnsupportedOperatorException("its kernel depends on an input.")
            : null;

    /// <inheritdoc/>
    public override bool IsBias(int input) => input == 2;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) =>
        IsBias(input) ? SquaredCoefficients.Same : SquaredCoefficients.OfFactors;

    /// <inheritdoc/>
    public override bool SlidesKernel => true;

    /// <summary>The products of a sample's entries with the kernel of a group, before they are added up.</summary>
    public override double ScratchBytes(Node node, Func<Dim, double> size)
    {
        var (x, w) = (node.Inputs[0]!.Type.Shape, node.Inputs[1]!.Type.Shape);
        return node.Output.Type.Element.Size() * size(w.Product(1, w.Rank)) * size(x.Product(2, x.Rank));
    }
}
