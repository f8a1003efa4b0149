using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// y[n, o, p] = b[o] + Σ_{c,k} w[o, c, k] x[n, c, p * stride + k * dilation - pad], within groups of channels. x is [N, C, *spatial],
/// w [O, C/G, *kernel], b [O]. Bilinear in x and w, affine in b. Canonical attributes: <c>kernel_shape</c>, <c>strides</c>,
/// <c>dilations</c>, <c>pads</c>, <c>group</c>; <c>auto_pad</c> only while it needs a size that is not known.
/// </summary>
internal sealed class Conv : ConvolutionOperator
{
    /// <summary>The convolution of x with w. Negative paddings cut x.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="x">[N, C, *spatial].</param>
    /// <param name="w">[O, C/G, *kernel].</param>
    /// <param name="window">The window.</param>
    /// <param name="groups">G.</param>
    /// <param name="outputs">The output's spatial dimensions.</param>
    public static Value Of(GraphBuilder b, Value x, Value w, Window window, long groups, TensorShape outputs)
    {
        var cut = Pad.Of(
            b,
            x,
            [0, 0, .. window.Begins.Select(pad => Math.Min(pad, 0)), 0, 0, .. window.Ends.Select(pad => Math.Min(pad, 0))]
        );
        window = window with
        {
            Begins = [.. window.Begins.Select(pad => Math.Max(pad, 0))],
            Ends = [.. window.Ends.Select(pad => Math.Max(pad, 0))],
        };
        var type = x.Type with { Shape = [x.Type.Shape[0], w.Type.Shape[0], .. outputs] };
        return Catalogue.Get<Conv>().Apply(b, [cut, w], window.Write(Attributes.Empty).With("group", (object)groups), types: [type]).Output;
    }

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Weight;

    /// <inheritdoc/>
    /// <remarks>With the factor s the weight becomes w s and the bias (b - center) s + shift.</remarks>
    public override Value WithScaledChannels(GraphBuilder b, Node node, ChannelScaling scaling)
    {
        var (weight, factor) = (new Expr(b, node.Inputs[1]!), new Expr(b, scaling.Factor));
        var (center, shift) = (factor.With(scaling.Center), factor.With(scaling.Shift));
        var bias = node.Inputs is [_, _, { } own] ? (factor.With(own) - center) * factor + shift : shift - center * factor;
        var ofOutputs = factor.With(
            Reshape.To(b, factor, [factor.Value.Type.Shape[0], .. Enumerable.Repeat((Dim)1, weight.Value.Type.Rank - 1)])
        );
        return Apply(b, [node.Inputs[0], weight * ofOutputs, bias], node.Attributes, types: [node.Output.Type]).Output;
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, w) = (call.Required(0).Type, call.Required(1).Type);
        if (x.Rank < 3 || w.Rank != x.Rank)
            throw new ShapeException($"the shapes {x.Shape} and {w.Shape} do not fit a convolution");
        if (call.Attributes.Int("group", 1) < 1 || w.Shape[0].Known % call.Attributes.Int("group", 1) > 0)
            throw new ShapeException($"{call.Attributes.Int("group", 1)} groups do not divide the outputs of a weight of shape {w.Shape}");
        if (
            call.Input(2) is { } bias
            && (bias.Type.Rank != 1 || bias.Type.Shape[0] is { IsKnown: true } size && w.Shape[0].IsKnown && size != w.Shape[0])
        )
            throw new ShapeException($"the bias {bias.Type.Shape} does not fit a weight of shape {w.Shape}");
        var channels = w.Shape[1] * call.Attributes.Int("group", 1);
        if (channels.IsKnown && x.Shape[1].IsKnown && channels != x.Shape[1])
            throw new ShapeException(
                $"the input of shape {x.Shape} has {x.Shape[1]} channels where the weight of shape {w.Shape} takes {channels}"
            );
        return
        [
            x with
            {
                Shape =
                [
                    x.Shape[0],
                    w.Shape[0],
                    .. Window.Outputs(call.Attributes, Kernel(call.Attributes, w.Shape), x.Shape.Range(2, x.Rank)),
                ],
            },
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, w) = (inputs[0]!, inputs[1]!);
        var window = Window.Of(node.Attributes, w.Shape.Skip(2), TensorShape.Of(x.Shape.Skip(2)));
        var y = ManagedConvolution.Forward(x, w, window, (int)Group(node));
        if (inputs.Length > 2 && inputs[2] is { } bias)
            ManagedConvolution.AddBias(y, bias);
        return [y];
    }

    /// <inheritdoc/>
    public override KernelAxes? KernelAxesOf(Node node, int input) => input == 1 ? new KernelAxes(Output: 0, Input: 1, Data: 1) : null;

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input switch
        {
            0 => TransposeInput(b, node, cy[0]!),
            1 => TransposeWeight(b, node, cy[0]!),
            _ => SumOverAllButChannels(b, cy[0]!),
        };

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var bias = inputs.Length > 2 ? inputs[2] : SampleLayout.None;
        var bySample = inputs[0] == SampleLayout.At(0) && inputs[1].IsNone && bias.IsNone;
        var byFilter = inputs[0].IsNone && (inputs[1].IsNone || inputs[1] == SampleLayout.At(0));
        return
        [
            bySample ? SampleLayout.At(0)
            : byFilter ? SampleLayout.At(1)
            : SampleLayout.Coupled,
        ];
    }

    /// <summary>y[n, g, o, p] = Σ_j w[g, o, j] X[n, g, j, p] over unfolded windows.</summary>
    public override UnfoldedProduct? Unfold(GraphBuilder b, Node node, int input)
    {
        if (input != 1)
            return null;
        var (w, y, group) = (node.Inputs[1]!.Type.Shape, node.Output.Type.Shape, Group(node));
        var ofGroup = w[0].DividedBy(group)!.Value;
        return new UnfoldedProduct(
            Unfolding.Of(b, node.Inputs[0]!, WindowOf(node), group, y.Range(2, y.Rank)),
            (builder, cy) => Reshape.To(builder, cy, [cy.Type.Shape[0], y[0], group, ofGroup, y.Product(2, y.Rank)]),
            (builder, value) => Reshape.To(builder, value, w)
        )
        {
            Windows = group == 1 ? WindowRows.Of(node.Inputs[0]!, WindowOf(node), y.Range(2, y.Rank)) : null,
        };
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var (x, w) = (call.Required(0).Type.Shape, call.Required(1).Type.Shape);
        return x.Rank != w.Rank
            ? call
            : call with
            {
                Attributes = Window
                    .Canonical(call.Attributes, Kernel(call.Attributes, w), x.Range(2, x.Rank))
                    .With("group", (object)call.Attributes.Int("group", 1)),
            };
    }

    /// <summary>
    /// Sums of matrix products. The CUDA provider registers a float64 kernel, which leaves its output unwritten (seen with ONNX Runtime
    /// 1.29 and cuDNN 9), and so does that of ConvTranspose.
    /// </summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var (x, w, y) = (call.Required(0), call.Required(1), types[0].Shape);
        var window = Window.Of(call.Attributes, Kernel(call.Attributes, w.Type.Shape), x.Type.Shape.Range(2, x.Type.Rank));
        return [TapProducts.WithBias(b, TapProducts.Convolve(b, x, w, window, call.Attributes.Int("group", 1), y), call.Input(2))];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[1]!.Type.Shape.Product(1, node.Output.Type.Rank));

    /// <summary>
    /// Vectors go over channels of a group, of which few leave most of a vector empty. Inputs and outputs are copied to and from a layout
    /// of blocks of channels.
    /// </summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) =>
        new(Arithmetic: Math.Max(1, ChannelsOfAVector / size(node.Inputs[1]!.Type.Shape[1])), Traffic: 3);

    private const double ChannelsOfAVector = 8;

    /// <summary>The sizes of the kernel: those of the weight, and an attribute where these are not known.</summary>
    internal static IEnumerable<long> Kernel(Attributes attributes, TensorShape w)
    {
        var ofWeight = w.Skip(2).ToArray();
        if (attributes.Ints("kernel_shape") is not { } kernel)
            return ofWeight.Select(dim =>
                dim.Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {dim} of a kernel is not known; give the sizes of symbolic dimensions."
                )
            );
        return
            kernel.Length == ofWeight.Length
            && kernel.Zip(ofWeight, (size, dim) => dim.Known is { } known && known != size).Any(differs => differs)
            ? throw new ShapeException($"the attribute kernel_shape is [{string.Join(",", kernel)}] for a weight of shape {w}")
            : kernel;
    }

    /// <summary>The cotangent of a bias.</summary>
    internal static Value SumOverAllButChannels(GraphBuilder b, Value cy) =>
        ReduceSum.Of(b, cy, Enumerable.Range(0, cy.Type.Rank).Where(axis => axis != 1).Select(axis => (long)axis), keepDims: false);

    private static long Group(Node node) => node.Attributes.Int("group", 1);

    private static Window WindowOf(Node node)
    {
        var x = node.Inputs[0]!.Type.Shape;
        return Window.Of(node.Attributes, Kernel(node.Attributes, node.Inputs[1]!.Type.Shape), x.Range(2, x.Rank));
    }

    /// <summary>
    /// For strides of one a convolution with the mirrored kernel and its channel axes exchanged, which runtimes compute faster
    /// than a transposed convolution; else that.
    /// </summary>
    private static Value TransposeInput(GraphBuilder b, Node node, Value cy)
    {
        var x = node.Inputs[0]!.Type.Shape;
        var w = node.Inputs[1]!;
        var window = WindowOf(node);
        var group = Group(node);
        var spatial = x.Range(2, x.Rank);
        if (!window.IsDense)
            return ConvTranspose.Of(b, cy, w, window, group, spatial);
        var full = window with
        {
            Begins = [.. window.Begins.Select((pad, axis) => window.Span(axis) - 1 - pad)],
            Ends = [.. window.Ends.Select((pad, axis) => window.Span(axis) - 1 - pad)],
        };
        return Of(b, cy, ExchangeChannels(b, Mirror(b, w), group), full, group, spatial);
    }

    /// <summary>cw = Σ_n cy_n · X_nᵀ over unfolded windows.</summary>
    private static Value TransposeWeight(GraphBuilder b, Node node, Value cy)
    {
        var (w, y, group) = (node.Inputs[1]!.Type.Shape, node.Output.Type.Shape, Group(node));
        var windows = Unfolding.Of(b, node.Inputs[0]!, WindowOf(node), group, y.Range(2, y.Rank));
        var cotangents = Reshape.To(b, cy, [y[0], group, w[0].DividedBy(group)!.Value, y.Product(2, y.Rank)]);
        return Reshape.To(b, ReduceSum.Of(b, Unfolding.Contract(b, windows, cotangents), [0], keepDims: false), w);
    }

    /// <summary>A kernel in reverse order along all its spatial axes of more than one entry.</summary>
    internal static Value Mirror(GraphBuilder b, Value w)
    {
        long[] axes = [.. Enumerable.Range(2, w.Type.Rank - 2).Where(axis => !w.Type.Shape[axis].IsOne).Select(axis => (long)axis)];
        return axes.Length == 0
            ? w
            : Slice.Of(b, w, axes, axes.Select(_ => -1L), axes.Select(_ => long.MinValue + 1), axes.Select(_ => -1L));
    }

    /// <summary>From [G * O, C, *kernel] to [G * C, O, *kernel].</summary>
    internal static Value ExchangeChannels(GraphBuilder b, Value w, long group)
    {
        var shape = w.Type.Shape;
        if (group == 1)
            return TransposeAxes.Of(b, w, [1, 0, .. Enumerable.Range(2, shape.Rank - 2)]);
        var (outputs, inputs, kernel) = (shape[0].DividedBy(group)!.Value, shape[1], shape.Range(2, shape.Rank));
        var grouped = Reshape.To(b, w, [group, outputs, inputs, .. kernel]);
        var exchanged = TransposeAxes.Of(b, grouped, [0, 2, 1, .. Enumerable.Range(3, kernel.Rank)]);
        return Reshape.To(b, exchanged, [inputs * group, outputs, .. kernel]);
    }

    /// <summary>The filters of all directions beside one another within their group: one convolution with K * O outputs.</summary>
    protected override Value BatchWeight(GraphBuilder b, Node node, Value x, Value w, Dim directions)
    {
        var (shape, y, group) = (node.Inputs[1]!.Type.Shape, node.Output.Type.Shape, Group(node));
        var outputs = shape[0].DividedBy(group)!.Value;
        var grouped = Reshape.To(b, w, [directions, group, outputs, .. shape.Range(1, shape.Rank)]);
        var stacked = group == 1 ? grouped : TransposeAxes.Move(b, grouped, 0, 1);
        var all = Apply(b, [x, Reshape.To(b, stacked, shape.With(0, shape[0] * directions))], node.Attributes).Output;
        var split = Reshape.To(b, all, [y[0], group, directions, outputs, .. y.Range(2, y.Rank)]);
        return Reshape.To(b, TransposeAxes.Move(b, split, 2, 0), y.Prepend(directions));
    }

    /// <summary>
    /// One group of channels for each direction and group; a product of unfolded windows where the number of directions is not known.
    /// </summary>
    protected override Value BatchBoth(GraphBuilder b, Node node, Value x, Value w, Dim directions)
    {
        var shape = node.Inputs[1]!.Type.Shape;
        var from = node.Inputs[0]!.Type.Shape;
        var y = node.Output.Type.Shape;
        var group = Group(node);
        if (directions.Known is { } count)
        {
            var side = Reshape.To(b, TransposeAxes.Move(b, x, 0, 1), from.With(1, from[1] * count));
            var filters = Reshape.To(b, w, shape.With(0, shape[0] * count));
            var all = Apply(b, [side, filters], node.Attributes.With("group", (object)(group * count))).Output;
            return TransposeAxes.Move(b, Reshape.To(b, all, y.Insert(1, directions)), 1, 0);
        }
        var windows = Unfolding.Of(b, SampleFolding.Fold(b, x), WindowOf(node), group, y.Range(2, y.Rank));
        var (inner, outputs) = (shape.Product(1, shape.Rank), shape[0].DividedBy(group)!.Value);
        var product = MatMul.Of(
            b,
            Reshape.To(b, w, [directions, 1, group, outputs, inner]),
            Reshape.To(b, windows, [directions, y[0], group, inner, y.Product(2, y.Rank)])
        );
        return Reshape.To(b, product, y.Prepend(directions));
    }

    /// <summary>A constant, such as a direction, that is convolved becomes a factor of products.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) => gaps.HasFlag(EngineGaps.ConstantData) && GraphWalk.HoldsNoParameter(call.Required(0)) ? InFloat64(b, call, types) : null;

    /// <inheritdoc/>
    public override bool IsBias(int input) => input == 2;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) =>
        IsBias(input) ? SquaredCoefficients.Same : SquaredCoefficients.OfFactors;

    /// <inheritdoc/>
    public override bool SlidesKernel => true;

    /// <inheritdoc/>
    public override WeightPacking Packing => WeightPacking.Kept;

    /// <summary>A convolution sums over the channels of x.</summary>
    public override RowRule? OnRows(Node node, int input, int axis) =>
        input == 0 && axis == 1 && Group(node) == 1 && node.Input(2) is null ? new RowRule(null, [1, 1]) : null;

    /// <inheritdoc/>
    public override WeightProduct? AsWeightProduct(Node node) =>
        Group(node) == 1 && node.Input(2) is null ? new WeightProduct(Slides: true) : null;

    /// <inheritdoc/>
    public override Func<GraphBuilder, Value>? OverFewPositions(Node node) => PositionProduct.Of(node);
}
