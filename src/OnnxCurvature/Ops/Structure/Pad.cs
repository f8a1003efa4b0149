using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// x with a margin around it: of a constant (the default <c>mode</c>), of the nearest element ("edge"), mirrored without the
/// element on the edge ("reflect"), or from the other end ("wrap"). Negative widths cut. Linear in x; the tangent's constant is
/// zero. Canonical inputs: x, pads (all begins, then all ends), constant value.
/// </summary>
internal sealed class Pad : LinearOperator
{
    /// <summary>A value with zeros before and after it along an axis.</summary>
    public static Value Of(GraphBuilder b, Value x, int axis, long before, long after)
    {
        var pads = new long[2 * x.Type.Rank];
        pads[axis] = before;
        pads[x.Type.Rank + axis] = after;
        return Of(b, x, pads);
    }

    /// <summary>A value with zeros, or another number, around it; <paramref name="pads"/> holds all begins, then all ends.</summary>
    public static Value Of(GraphBuilder b, Value x, IReadOnlyList<long> pads, double margin = 0) =>
        pads.All(width => width == 0)
            ? x
            : Catalogue.Get<Pad>().Apply(b, [x, b.Vector([.. pads]), margin == 0 ? null : b.Scalar(x.Type.Element, margin)]).Output;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input is 1 or 3;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var pads = Widths(call, x.Rank);
        var shape = x.Shape;
        if (call.Input(2) is { } margin && !margin.Type.Shape.Elements.IsOne)
            throw new UnsupportedOperatorException($"Pad fills its margin with {margin.Type}, and a single number is expected.");
        for (var axis = 0; axis < x.Rank; axis++)
            if (pads[axis] + pads[x.Rank + axis] is var width and not 0)
                shape = shape.With(axis, shape[axis].Map(size => size + width, "{0}+" + width));
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType>? InferAtRunTime(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return call.Required(1).Producer is { } widths && call.Required(1).Type.Shape == TensorShape.Of(2 * x.Rank)
            ? [x with { Shape = [.. x.Shape.Select((size, axis) => Dim.OfData($"({size})+{axis} of #{widths.Id}"))] }]
            : null;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var pads = inputs[1]!.Integers;
        var fill = inputs.Length > 2 && inputs[2] is { } constant ? constant.At(0) : 0;
        var shape = x.Shape.Select((size, axis) => size + pads[axis] + pads[x.Rank + axis]).ToArray();
        var sources = x.Shape.Select((size, axis) => Sources(node.Attributes, size, pads[axis], pads[x.Rank + axis])).ToArray();
        var y = Tensor.Filled(x.Element, shape, fill);
        var strides = Strided.Strides(x.Shape.AsSpan());
        var index = new long[x.Rank];
        for (var i = 0; i < y.Count; i++)
        {
            long position = 0;
            var inside = true;
            for (var axis = 0; axis < x.Rank && inside; axis++)
            {
                var at = sources[axis][index[axis]];
                inside = at >= 0;
                position += at * strides[axis];
            }
            if (inside && x.Element.IsFloat())
                y.Floats[i] = x.Floats[position];
            else if (inside)
                y.Integers[i] = x.Integers[position];
            for (var axis = x.Rank - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
                index[axis] = 0;
        }
        return [y];
    }

    /// <summary>A computed constant would carry a derivative; Linearize refuses it rather than pass it over.</summary>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active.Length > 2 && active[2] ? Curvature.Curved : base.CurvatureIn(node, active);

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx.ElementAtOrDefault(2) is not null)
            throw new UnsupportedOperatorException("the derivative of Pad in the constant of its margin is not supported.");
        if (dx[0] is not { } tangent)
            return [null];
        var rank = tangent.Type.Rank;
        var pads = Widths(Call(node), rank);
        if (IsConstant(node.Attributes))
            return [Of(b, tangent, pads)];
        for (var axis = 0; axis < rank; axis++)
        {
            if (pads[axis] == 0 && pads[rank + axis] == 0)
                continue;
            var size =
                tangent.Type.Shape[axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {tangent.Type.Shape[axis]} of a padded axis is not known; give the sizes of symbolic dimensions."
                );
            b.Budget.TakeTensor([checked(size + pads[axis] + pads[rank + axis])]);
            tangent = Gather.Of(b, tangent, b.Vector(Sources(node.Attributes, size, pads[axis], pads[rank + axis])), axis);
        }
        return [tangent];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        if (!IsConstant(node.Attributes) || node.Input(2) is not null)
            throw new UnsupportedOperatorException("only a Pad with zeros has a transpose.");
        // The type is given, for a symbolic size with a margin put on and cut off again would not be proven to be the same.
        var widths = Widths(Call(node), node.Output.Type.Rank).Select(width => -width).ToArray();
        return Apply(b, [cy[0], b.Vector(widths)], types: [node.Inputs[0]!.Type]).Output;
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
        OnlyFirstBatched(batched);
        var rank = node.Output.Type.Rank;
        var pads = Widths(Call(node), rank);
        return [Apply(b, [inputs[0], b.Vector([0, .. pads.Take(rank), 0, .. pads.Skip(rank)]), node.Input(2)], node.Attributes).Output];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        if (!inputs[0].IsSeparate)
            return [SampleLayout.Coupled];
        var (before, after) = AlongSamples(node, inputs[0]);
        return [before == 0 && after == 0 ? inputs[0] : WithBatches(node, inputs[0], before, after)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) =>
        inputs[0].IsSeparate && AlongSamples(node, inputs[0]) is var (before, after) && (before, after) is not (0, 0)
            ? [WithBatches(node, inputs[0], before, after)]
            : base.SamplesWithin(node, inputs);

    private static (long Before, long After) AlongSamples(Node node, SampleLayout samples)
    {
        var rank = node.Output.Type.Rank;
        var pads = Widths(Call(node), rank);
        return (pads[samples.Axis], pads[rank + samples.Axis]);
    }

    /// <summary>A margin of whole batches, each a position more of every sample; without it samples do not lie as they did.</summary>
    private static SampleLayout WithBatches(Node node, SampleLayout samples, long before, long after) =>
        IsConstant(node.Attributes)
        && node.Inputs[0]!.Type.Shape is var shape
        && shape[samples.Axis].Known is { } size
        && samples.Cut(shape, -before, before + size + after, 1) is { } kept
            ? kept
            : SampleLayout.Coupled;

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var rank = call.Required(0).Type.Rank;
        if (opset < 11)
            return call.WithInputs(
                call.Input(0),
                b.Vector(
                    (call.Attributes.Ints("pads") ?? throw new UnsupportedOperatorException("Pad lacks its attribute pads.")).AsSpan()
                ),
                b.Scalar(call.Required(0).Type.Element, call.Attributes.Float("value", 0))
            ) with
            {
                Attributes = call.Attributes.Without("pads", "value"),
            };
        if (call.Input(3) is null)
            return call;
        var axes = call.ConstantIntegers(3)!;
        var widths = call.ConstantIntegers(1)!;
        var pads = new long[2 * rank];
        if (widths.Length != 2 * axes.Length)
            throw new UnsupportedOperatorException(
                $"Pad has {axes.Length} axes and {widths.Length} widths, and two for each axis are expected."
            );
        for (var i = 0; i < axes.Length; i++)
            (pads[Axes.Normalize(axes[i], rank)], pads[rank + Axes.Normalize(axes[i], rank)]) = (widths[i], widths[axes.Length + i]);
        return call.WithInputs(call.Input(0), b.Vector(pads), call.Input(2));
    }

    /// <summary>OpenCV transposes the widths where they lie, so that a second node would read them transposed.</summary>
    public override ConstantUse ConstantUseOf(int input) => input == 1 ? ConstantUse.Alone : ConstantUse.Operand;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Attributes.Text("mode", "constant") == "wrap" ? 19 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static OperatorCall Call(Node node) => new(nameof(Pad), "", node.Inputs, node.Attributes, 1);

    private static long[] Widths(OperatorCall call, int rank) =>
        call.ConstantIntegers(1) is { } pads && pads.Length == 2 * rank
            ? pads
            : throw new UnsupportedOperatorException($"Pad needs two widths for each of the {rank} axes.");

    private static bool IsConstant(Attributes attributes) => attributes.Text("mode", "constant") == "constant";

    /// <summary>Along an axis, the index in x of each index in y; -1 in a constant margin.</summary>
    private static long[] Sources(Attributes attributes, long size, long before, long after)
    {
        var mode = attributes.Text("mode", "constant");
        var sources = new long[size + before + after];
        for (var i = 0; i < sources.Length; i++)
        {
            var at = i - before;
            sources[i] =
                at >= 0 && at < size
                    ? at
                    : mode switch
                    {
                        "constant" => -1,
                        "edge" => Math.Clamp(at, 0, size - 1),
                        "reflect" => at < 0 ? -at : 2 * (size - 1) - at,
                        "wrap" => (at % size + size) % size,
                        _ => throw new UnsupportedOperatorException($"Pad has no mode '{mode}'."),
                    };
        }
        return sources;
    }

    /// <summary>Cuts first, and then puts the margin around what is left.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var (x, rank) = (call.Required(0), types[0].Rank);
        var pads = Widths(call, rank);
        if (gaps.HasFlag(EngineGaps.ConstantData) && GraphWalk.HoldsNoParameter(x) && IsConstant(call.Attributes))
            return [Surrounded(b, x, pads, call.Input(2))];
        if (!gaps.HasFlag(EngineGaps.CuttingPads) || pads.All(width => width >= 0))
            return null;
        if (!IsConstant(call.Attributes))
            throw new UnsupportedOperatorException("it cuts, and its margin is no constant.");
        for (var axis = 0; axis < rank; axis++)
        {
            var (before, after) = (Math.Max(0, -pads[axis]), Math.Max(0, -pads[rank + axis]));
            if (before == 0 && after == 0)
                continue;
            var size =
                x.Type.Shape[axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {x.Type.Shape[axis]} of a padded axis is not known; give the sizes of symbolic dimensions."
                );
            x = Slice.Of(b, x, axis, before, size - after);
        }
        long[] left = [.. pads.Select(width => Math.Max(0, width))];
        return [left.All(width => width == 0) ? x : Apply(b, call.Inputs.SetItem(0, x).SetItem(1, b.Vector(left)), call.Attributes).Output];
    }

    /// <summary>A margin that is put together with x, axis by axis.</summary>
    private static Value Surrounded(GraphBuilder b, Value x, long[] pads, Value? margin)
    {
        for (var axis = 0; axis < x.Type.Rank; axis++)
        {
            var (before, after, shape) = (pads[axis], pads[x.Type.Rank + axis], x.Type.Shape);
            if (before < 0 || after < 0)
                x = Slice.Of(b, x, axis, Math.Max(0, -before), shape[axis].Factor - Math.Max(0, -after));
            Value?[] parts = [Margin(before), x, Margin(after)];
            x = Concat.Of(b, [.. parts.OfType<Value>()], axis);

            Value? Margin(long width)
            {
                if (width <= 0)
                    return null;
                var sizes = shape.With(axis, width);
                if (margin is not null)
                    return Expand.Of(b, margin, sizes);
                b.Budget.TakeTensor(sizes);
                return b.Constant(Tensor.Filled(x.Type.Element, sizes.Sizes, 0));
            }
        }
        return x;
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <summary>A vector with constant widths.</summary>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide)
    {
        if (node.Inputs[0]!.Type.Rank != 1 || node.Input(3) is not null || node.Inputs.Skip(1).Any(input => input is { Constant: null }))
            return null;
        var widths = b.Vector([.. node.Inputs[1]!.Constant!.Read().Integers.SelectMany(width => new[] { 0, width })]);
        return Apply(b, [wide(node.Inputs[0]!), widths, node.Input(2)], node.Attributes).Output;
    }

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 21;
}
