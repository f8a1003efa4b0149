using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x repeated as a whole along each axis. Inputs: x, the number of repeats for each axis.</summary>
internal sealed class Tile : LinearOperator
{
    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 1;

    /// <inheritdoc/>
    public override bool IsConstantAlong(Node node, int axis) => node.Inputs[0]!.Type.Shape[axis].IsOne;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return [x with { Shape = [.. x.Shape.Zip(Repeats(call), (dim, repeat) => dim * repeat)] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, repeats) = (inputs[0]!, inputs[1]!.Integers);
        var strides = Strided.Strides(x.Shape.AsSpan());
        // As [r0, d0, r1, d1, …], in which the repeated axes have stride 0.
        long[] shape = [.. x.Shape.SelectMany((size, axis) => new[] { repeats[axis], size })];
        var positions = Strided.Positions(shape, [.. strides.SelectMany(stride => new[] { 0, stride })]);
        return [x.Gather([.. x.Shape.Select((size, axis) => size * repeats[axis])], positions)];
    }

    /// <summary>The sum over the repeats.</summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy)
    {
        var x = node.Inputs[0]!.Type.Shape;
        var repeats = Repeats(Call(node));
        TensorShape split = [.. x.SelectMany((dim, axis) => new[] { repeats[axis], dim })];
        return ReduceSum.Of(b, Reshape.To(b, cy[0]!, split), Enumerable.Range(0, x.Rank).Select(axis => 2L * axis), keepDims: false);
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
        return
        [
            Apply(
                b,
                [inputs[0], Dims.ToValue(b, [1, .. Repeats(Call(node))])],
                types: [node.Output.Type with { Shape = node.Output.Type.Shape.Prepend(directions) }]
            ).Output,
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0].IsSeparate && inputs[1].IsNone ? Repeated(node, inputs[0]) : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) => Samples(node, inputs);

    /// <summary>Where the axis of samples is repeated, all of them come one after another again and again.</summary>
    private static SampleLayout Repeated(Node node, SampleLayout samples)
    {
        var (from, to, axis) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape, samples.Axis);
        return to[axis].DividedBy(from[axis]) is { } times
            ? SampleLayout.Within(axis, times * samples.Outer, samples.SamplesOf(from), samples.Inner)
            : SampleLayout.Coupled;
    }

    /// <summary>Before opset 6 the inputs were x, a number of repeats and the one axis to repeat.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 6)
            return call;
        var repeats = Enumerable.Repeat(1L, call.Required(0).Type.Rank).ToArray();
        repeats[Axes.Normalize(Whole(2), repeats.Length)] = Whole(1);
        return call.WithInputs(call.Input(0), b.Vector(repeats));

        long Whole(int index) =>
            call.Required(index).Constant?.Read().At(0) is { } number
                ? (long)number
                : throw new UnsupportedOperatorException(
                    $"input {index} of Tile is computed at run time, and only a constant is supported there."
                );
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static ImmutableArray<Dim> Repeats(OperatorCall call) =>
        call.Sizes(1) is { } repeats && repeats.Length == call.Required(0).Type.Rank
            ? repeats
            : throw new UnsupportedOperatorException("Tile needs a number of repeats for each axis.");

    private static OperatorCall Call(Node node) => new(nameof(Tile), "", node.Inputs, node.Attributes, 1);

    /// <summary>An expansion of x with an axis before each of its own.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        if (!gaps.HasFlag(EngineGaps.Tiles))
            return null;
        var (x, repeats) = (call.Required(0), Repeats(call));
        var split = Reshape.To(b, x, [.. x.Type.Shape.SelectMany(dim => new[] { (Dim)1, dim })]);
        var repeated = Expand.Of(b, split, [.. x.Type.Shape.SelectMany((dim, axis) => new[] { repeats[axis], dim })]);
        return [Reshape.To(b, repeated, types[0].Shape)];
    }

    /// <inheritdoc/>
    public override bool RepeatsElements => true;
}
