using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;

namespace OnnxCurvature.Ops.Structure;

/// <summary>A part of x: along each of some axes the indices start, start + step, … before end.</summary>
internal sealed class Slice : LinearOperator
{
    /// <summary>Up to here a reversed axis is put together from single parts, which every engine has, constants included.</summary>
    private const long MostSingleParts = 16;

    /// <summary>The indices <paramref name="start"/> to <paramref name="end"/> (exclusive) along one axis.</summary>
    public static Value Of(GraphBuilder b, Value x, int axis, long start, long end, long step = 1) =>
        start == 0 && step == 1 && x.Type.Shape[axis] == end
            ? x
            : Catalogue
                .Get<Slice>()
                .Apply(b, [x, b.Vector(start), b.Vector(end), b.Vector(axis), step == 1 ? null : b.Vector(step)])
                .Output;

    /// <summary>The indices start, start + step, … before end along each of some axes.</summary>
    public static Value Of(
        GraphBuilder b,
        Value x,
        IEnumerable<long> axes,
        IEnumerable<long> starts,
        IEnumerable<long> ends,
        IEnumerable<long> steps
    ) =>
        Catalogue
            .Get<Slice>()
            .Apply(
                b,
                [
                    x,
                    b.Vector([.. starts]),
                    b.Vector([.. ends]),
                    b.Vector([.. axes]),
                    steps.All(step => step == 1) ? null : b.Vector([.. steps]),
                ]
            )
            .Output;

    /// <summary>The indices of x along an axis in reverse order.</summary>
    public static Value Reversed(GraphBuilder b, Value x, int axis) => Of(b, x, axis, -1, long.MinValue + 1, -1);

    /// <inheritdoc/>
    public override bool Reverses(Node node, IEnumerable<int> axes)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        if (!shape.IsKnown || node.Inputs.Skip(1).Any(input => input is not null && input.Constant is null))
            return false;
        Part[] parts = [.. Parts(new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1), shape.Rank)];
        return parts.All(part =>
                part.On(shape[part.Axis].Factor) is var (start, count, step)
                && step == -1
                && start == count - 1
                && count == shape[part.Axis].Factor
            ) && parts.Select(part => part.Axis).Order().SequenceEqual(axes.Order());
    }

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input >= 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var shape = x.Shape;
        call.Required(1);
        call.Required(2);
        var (starts, ends) = (call.Sizes(1)!.Value, call.Sizes(2)!.Value);
        var axes = call.ConstantIntegers(3);
        var steps = call.ConstantIntegers(4);
        if (
            ends.Length != starts.Length
            || axes is not null && axes.Length != starts.Length
            || steps is not null && steps.Length != starts.Length
        )
            throw new ShapeException("Slice has other numbers of starts, ends, axes or steps");
        if (steps?.Contains(0) == true)
            throw new ShapeException("Slice has a step of zero");
        for (var i = 0; i < starts.Length; i++)
        {
            var axis = Axes.Normalize(axes?[i] ?? i, x.Rank);
            shape = shape.With(axis, Extent(shape[axis], starts[i], ends[i], steps?[i] ?? 1));
        }
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType>? InferAtRunTime(OperatorCall call)
    {
        var x = call.Required(0).Type;
        if (
            call.Required(1) is not { Type.Shape: [{ Known: { } count }] }
            || call.Inputs.Skip(1).Any(input => input is { Constant: null, Producer: null })
        )
            return null;
        var axes = call.Input(3) is null ? [.. Enumerable.Range(0, (int)count).Select(axis => (long)axis)] : call.ConstantIntegers(3)!;
        var bounds = string.Join(
            ':',
            call.Inputs.Skip(1)
                .Select(input =>
                    input?.Producer is { } producer ? $"#{producer.Id}"
                    : input?.Constant is { } constant ? string.Join(',', constant.Read().Integers)
                    : ""
                )
        );
        var shape = x.Shape;
        foreach (var axis in axes.Select(axis => Axes.Normalize(axis, x.Rank)))
            shape = shape.With(axis, Dim.OfData($"({shape[axis]})[{axis} of {bounds}]"));
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node)
    {
        var call = new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1);
        if (
            node.Inputs[0]!.Contents is not { } contents
            || node.Inputs.Skip(1).Any(input => input is not null && input.Contents?.All(dim => dim.IsKnown) != true)
        )
            return null;
        foreach (var part in Parts(call, 1))
        {
            var (start, count, step) = part.On(contents.Length);
            contents = [.. Enumerable.Range(0, (int)count).Select(index => contents[(int)(start + index * step)])];
        }
        return contents;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var shape = x.Shape.ToArray();
        var strides = Strided.Strides(shape);
        long offset = 0;
        var axes = inputs.Length > 3 ? inputs[3]?.Integers : null;
        var steps = inputs.Length > 4 ? inputs[4]?.Integers : null;
        for (var i = 0; i < inputs[1]!.Count; i++)
        {
            var axis = Axes.Normalize(axes?[i] ?? i, x.Rank);
            var (start, count, step) = new Part(axis, inputs[1]!.Integers[i], inputs[2]!.Integers[i], steps?[i] ?? 1).On(shape[axis]);
            offset += start * strides[axis];
            strides[axis] *= step;
            shape[axis] = count;
        }
        return [x.Gather(shape, Strided.Positions(shape, strides, offset))];
    }

    /// <summary>The cotangent at the places that were taken, zero elsewhere.</summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var x = node.Inputs[0]!.Type;
        var cx = cy[0]!;
        foreach (var part in Parts(new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1), x.Rank))
        {
            if (part.IsWhole)
                continue;
            var size = x.Shape[part.Axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {x.Shape[part.Axis]} of a sliced axis is not known; give the sizes of symbolic dimensions."
                );
            var (start, count, step) = part.On(size);
            if (step < 0)
            {
                cx = Reversed(b, cx, part.Axis);
                (start, step) = (start + (count - 1) * step, -step);
            }
            if (step > 1 && count > 1)
                cx = Dilated(b, cx, part.Axis, count, step);
            else
                step = 1;
            cx = Pad.Of(b, cx, part.Axis, start, size - start - ((count - 1) * step + 1));
        }
        return cx;
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
        var axes = node.Input(3) is not null
            ? new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1)
                .ConstantIntegers(3)!
                .Select(axis => (long)Axes.Normalize(axis, rank))
            : Enumerable.Range(0, rank).Take((int)node.Inputs[1]!.Type.Shape[0].Factor).Select(axis => (long)axis);
        return
        [
            Apply(
                b,
                [inputs[0], node.Input(1), node.Input(2), b.Vector([.. axes.Select(axis => axis + 1)]), node.Input(4)],
                types: [node.Output.Type with { Shape = node.Output.Type.Shape.Prepend(directions) }]
            ).Output,
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [
            inputs[0].IsSeparate
            && node.Output.Type.Shape[inputs[0].Axis] == node.Inputs[0]!.Type.Shape[inputs[0].Axis]
            && !Parts(new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1), node.Output.Type.Rank)
                .Any(part => part.Axis == inputs[0].Axis && part.Step < 0)
                ? inputs[0]
                : SampleLayout.Coupled,
        ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        if (!inputs[0].IsSeparate || shape[inputs[0].Axis].Known is not { } size || node.Output.Type.Shape[inputs[0].Axis] == size)
            return base.SamplesWithin(node, inputs);
        Part[] parts =
        [
            .. Parts(new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1), shape.Rank)
                .Where(part => part.Axis == inputs[0].Axis && !part.IsWhole),
        ];
        return parts is [var part] && part.On(size) is var (start, count, step) && inputs[0].Cut(shape, start, count, step) is { } kept
            ? [kept]
            : [SampleLayout.Coupled];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 10
            ? call
            : call.WithInputs(
                call.Input(0),
                Vector(b, call, "starts"),
                Vector(b, call, "ends"),
                call.Attributes.Has("axes") ? Vector(b, call, "axes") : null
            ) with
            {
                Attributes = Attributes.Empty,
            };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static Value Vector(GraphBuilder b, OperatorCall call, string name) =>
        b.Vector((call.Attributes.Ints(name) ?? throw new UnsupportedOperatorException($"Slice lacks its attribute {name}.")).AsSpan());

    /// <summary>[c0, c1, …] becomes [c0, 0, …, c1, 0, …, c(count-1)].</summary>
    private static Value Dilated(GraphBuilder b, Value x, int axis, long count, long step)
    {
        var shape = x.Type.Shape;
        var dilated = Pad.Of(b, Reshape.InsertAxis(b, x, axis + 1), axis + 1, 0, step - 1);
        return Of(b, Reshape.To(b, dilated, shape.With(axis, count * step)), axis, 0, (count - 1) * step + 1);
    }

    private static IEnumerable<Part> Parts(OperatorCall call, int rank)
    {
        var starts = call.ConstantIntegers(1)!;
        var ends = call.ConstantIntegers(2)!;
        var axes = call.ConstantIntegers(3);
        var steps = call.ConstantIntegers(4);
        for (var i = 0; i < starts.Length; i++)
            yield return new Part(Axes.Normalize(axes?[i] ?? i, rank), starts[i], ends[i], steps?[i] ?? 1);
    }

    /// <summary>
    /// The number of indices from a start to an end. An end that is a symbol is taken to lie within the axis, as it does where
    /// a table is cut to the length of a sequence.
    /// </summary>
    private static Dim Extent(Dim size, Dim start, Dim end, long step) =>
        size.Known is { } known && start.Known is { } from && end.Known is { } to ? new Part(0, from, to, step).On(known).Count
        : start == 0 && step == 1 && end == size
        || start.Known is { } first && end.Known is { } last && new Part(0, first, last, step).IsWhole
            ? size
        : start == 0 && step == 1 && !end.IsKnown ? end
        : Dim.Computed($"({size})[{start}:{end}:{step}]", size, start, end);

    private readonly record struct Part(int Axis, long Start, long End, long Step)
    {
        /// <summary>Whether all indices are taken in their order, whatever the size.</summary>
        public bool IsWhole => Start == 0 && Step == 1 && End >= int.MaxValue;

        /// <summary>First index, number of indices and step on an axis of a size.</summary>
        public (long Start, long Count, long Step) On(long size)
        {
            var (low, high) = Step > 0 ? (0L, size) : (-1L, size - 1);
            var start = Math.Clamp(Start < 0 ? Start + size : Start, Step > 0 ? 0 : 0, Step > 0 ? size : size - 1);
            var end = Math.Clamp(
                End < -size ? low
                    : End < 0 ? End + size
                    : End,
                low,
                high
            );
            var count = Step > 0 ? (end - start + Step - 1) / Step : (start - end - Step - 1) / -Step;
            return (start, Math.Max(0, count), Step);
        }
    }

    /// <summary>A reversed axis as its single positions, put together from the last on, or where there are many, gathered.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var y = call.Required(0);
        if (!gaps.HasFlag(EngineGaps.ReversedSlices) || call.ConstantIntegers(4)?.Any(step => step < 0) != true)
            return null;
        foreach (var part in Parts(call, y.Type.Rank))
        {
            var size = y.Type.Shape[part.Axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {y.Type.Shape[part.Axis]} of a reversed axis is not known; give the sizes of symbolic dimensions."
                );
            var (start, count, step) = part.On(size);
            y =
                step > 0 ? Of(b, y, part.Axis, start, Math.Min(size, start + (count - 1) * step + 1), step)
                : count is 0 or > MostSingleParts ? Gather.Of(b, y, b.Vector(count, index => start + index * step), part.Axis)
                : Concat.Of(b, [.. Positions(start, count, step).Select(at => Of(b, y, part.Axis, at, at + 1))], part.Axis);
        }
        return [y];

        static long[] Positions(long start, long count, long step) =>
            [.. Enumerable.Range(0, (int)count).Select(index => start + index * step)];
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) =>
        node.Inputs[0]!.Type.Rank == 1
            ? Apply(b, [wide(node.Inputs[0]!), node.Input(1), node.Input(2), b.Vector(1), node.Input(4)]).Output
            : null;

    /// <inheritdoc/>
    public override double? ShareKept => 1;

    /// <inheritdoc/>
    public override bool Selects => true;
}
