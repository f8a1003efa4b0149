using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = -x.</summary>
internal sealed class Neg : LinearOperator
{
    /// <summary>The negative.</summary>
    public static Value Of(GraphBuilder b, Value x) => Catalogue.Get<Neg>().Apply(b, [x]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        return
        [
            x.Element.IsFloat()
                ? Tensor.Of(x.Element, x.Shape.AsSpan(), Array.ConvertAll(x.Floats, element => -element))
                : Tensor.Of(x.Element, x.Shape.AsSpan(), Array.ConvertAll(x.Integers, element => -element)),
        ];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) => Of(b, cy[0]!);

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => inputs;

    /// <summary>The product of a constant with -1.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var x = call.Required(0);
        if (!gaps.HasFlag(EngineGaps.ConstantData) || !x.Type.Element.IsFloat() || !GraphWalk.HoldsNoParameter(x))
            return null;
        return [Mul.Of(b, x, b.Scalar(x.Type.Element, -1))];
    }

    /// <summary>The negative of a negative is what that was taken of.</summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs) =>
        inputs[0]!.Producer is { Operator: Neg } before ? new SimplerNode(before.Inputs[0], inputs, node.Attributes) : null;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.Negated;

    /// <inheritdoc/>
    public override ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) =>
        [new LinearTerm(0, IsNegative: true)];

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis) => RowRule.Of(axis, 1, input, axis);
}
