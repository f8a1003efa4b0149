using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>x repeated by broadcasting against a shape.</summary>
internal sealed class Expand : LinearOperator
{
    /// <summary>A value repeated until it has a shape.</summary>
    public static Value Of(GraphBuilder b, Value x, TensorShape shape) =>
        x.Type.Shape == shape
            ? x
            : Catalogue.Get<Expand>().Apply(b, [x, Dims.ToValue(b, shape)], types: [x.Type with { Shape = shape }]).Output;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 1;

    /// <inheritdoc/>
    public override bool IsConstantAlong(Node node, int axis)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        var own = axis - (node.Output.Type.Rank - shape.Rank);
        return own < 0 || shape[own].IsOne;
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        TensorShape target = [.. call.Sizes(1) ?? throw new UnsupportedOperatorException("Expand lacks its shape.")];
        return
        [
            x with
            {
                Shape =
                    TensorShape.Broadcast(x.Shape, target)
                    ?? throw new UnsupportedOperatorException($"the shape {x.Shape} does not expand to {target}."),
            },
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var shape = TensorShape.Broadcast(x.Type.Shape, TensorShape.Of(inputs[1]!.Integers))!.Value.Sizes;
        return [x.Gather(shape, Broadcasting.Positions(x.Shape.AsSpan(), shape))];
    }

    /// <inheritdoc/>
    public override Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape)
    {
        var x = inputs[0]!.Type.Shape;
        if (
            Enumerable
                .Range(0, x.Rank)
                .Any(axis => x[axis] is { IsKnown: true, IsOne: false } size && size != shape[axis + shape.Rank - x.Rank])
        )
            throw new UnsupportedOperatorException($"{x} does not broadcast to {shape}.");
        return Apply(b, [inputs[0], Dims.ToValue(b, shape)], types: [inputs[0]!.Type with { Shape = shape }]);
    }

    /// <summary>The sum over what was repeated, which is the undoing of a broadcast: the caller's work.</summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) => cy[0];

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
        var x = inputs[0]!;
        var shape = x.Type.Shape;
        while (shape.Rank < node.Output.Type.Rank + 1)
            shape = shape.Insert(1, 1);
        return [Of(b, Reshape.To(b, x, shape), node.Output.Type.Shape.Prepend(directions))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0].IsSeparate ? Broadcasting.Samples(node, [inputs[0]]) : SampleLayout.None];

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) =>
        Of(b, wide(node.Inputs[0]!), Matrices.ShapeOf(node.Output.Type.Shape));

    /// <inheritdoc/>
    public override bool HoldsShape(int input) => input == 1;

    /// <summary>Entries are copied in pieces.</summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) => new(Traffic: 2);

    /// <inheritdoc/>
    public override bool RepeatsElements => true;
}
