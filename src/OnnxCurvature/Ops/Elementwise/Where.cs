using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a where the condition holds, else b. Linear in a and b together.</summary>
internal sealed class Where : Operator
{
    /// <summary>One value where a condition holds, another elsewhere, under broadcasting.</summary>
    public static Value Of(GraphBuilder b, Value condition, Value yes, Value no) =>
        Catalogue.Get<Where>().Apply(b, [condition, yes, no]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [Broadcasting.Common(call) with { Element = call.Required(1).Type.Element }];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (condition, yes, no) = (inputs[0]!, inputs[1]!, inputs[2]!);
        var choices = TensorShape.Broadcast(yes.Type.Shape, no.Type.Shape)!.Value;
        var shape = TensorShape.Broadcast(condition.Type.Shape, choices)!.Value.Sizes;
        var (c, i, j) = (Positions(condition), Positions(yes), Positions(no));
        return
        [
            yes.Element.IsFloat()
                ? Tensor.Of(yes.Element, shape, [.. c.Select((at, k) => condition.Integers[at] != 0 ? yes.Floats[i[k]] : no.Floats[j[k]])])
                : Tensor.Of(
                    yes.Element,
                    shape,
                    c.Select((at, k) => condition.Integers[at] != 0 ? yes.Integers[i[k]] : no.Integers[j[k]]).ToArray()
                ),
        ];

        int[] Positions(Tensor tensor) => Broadcasting.Positions(tensor.Shape.AsSpan(), shape);
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[1] || active[2] ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[1] is null && dx[2] is null)
            return NoTangents(node);
        var zero = b.Scalar(node.Output.Type.Element, 0);
        return [Broadcasting.To(b, Of(b, node.Inputs[0]!, dx[1] ?? zero, dx[2] ?? zero), node.Output.Type.Shape)];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy)
    {
        var zero = b.Scalar(node.Output.Type.Element, 0);
        return input switch
        {
            1 => Of(b, node.Inputs[0]!, cy[0]!, zero),
            2 => Of(b, node.Inputs[0]!, zero, cy[0]!),
            _ => base.Transpose(b, node, input, cy),
        };
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, Broadcasting.Align(b, node, inputs, batched)).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [Broadcasting.Samples(node, inputs)];

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <summary>Its own condition has made its tangent harmless already, and a mask behind it must not undo that.</summary>
    public override bool KeepsMask(Node node, TensorShape mask) => false;

    /// <inheritdoc/>
    public override bool HoldsCondition(int input) => input == 0;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <summary>One thread chooses from each side in a pass of its own, and joins the two.</summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) => new(Traffic: 8, OnOneThread: true);
}
