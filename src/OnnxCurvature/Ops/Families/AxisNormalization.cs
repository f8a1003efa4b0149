using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// A function of the elements along one axis that gives as many: Softmax and its kin. Canonical attribute: <c>axis</c>
/// (default -1).
/// </summary>
internal abstract class AxisNormalization : Operator
{
    /// <summary>The function of the elements along the axis, in place.</summary>
    protected abstract void Normalize(Span<double> elements);

    /// <summary>The axis of a node, counted from the front.</summary>
    protected static int Axis(Node node) => Axes.Normalize(node.Attributes.Int("axis", -1), node.Output.Type.Rank);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var axis = Axis(node);
        var strides = Strided.Strides(x.Shape.AsSpan());
        var y = (double[])x.Floats.Clone();
        var elements = new double[x.Shape[axis]];
        foreach (var start in Strided.Positions(x.Shape.SetItem(axis, 1).AsSpan(), strides))
        {
            for (var k = 0; k < elements.Length; k++)
                elements[k] = y[start + k * strides[axis]];
            Normalize(elements);
            for (var k = 0; k < elements.Length; k++)
                y[start + k * strides[axis]] = elements[k];
        }
        return [Tensor.Of(x.Element, x.Shape.AsSpan(), y)];
    }

    /// <summary>Where the mask leaves out whole rows along the axis.</summary>
    public override bool KeepsMask(Node node, TensorShape mask) =>
        Axis(node) - (node.Output.Type.Rank - mask.Rank) is var axis && (axis < 0 || mask[axis].IsOne);

    /// <summary>A row of nothing but -∞, as of scores that are all masked, has no softmax.</summary>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs, node.Attributes.With("axis", Axis(node) + 1L)).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0].Axis == Axis(node) ? inputs[0].AsCoupled() : inputs[0]];

    /// <summary>
    /// Before opset 13 the axis (default 1) and all after it counted as one: where there are such that matter, it is made the last one, and
    /// put back.
    /// </summary>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        if (opset >= 13)
            return call;
        var shape = node.Output.Type.Shape;
        var (axis, last) = (Axis(node), shape.Rank - 1);
        if (shape.Range(axis + 1, shape.Rank).All(dim => dim.IsOne))
            return call with { Attributes = call.Attributes.With("axis", (long)axis) };
        var y = Apply(b, [TransposeAxes.Move(b, call.Required(0), axis, last)], call.Attributes.With("axis", (long)last)).Output;
        var back = TransposeAxes.Move(b, y, last, axis).Producer!;
        return call.WithInputs(y) with { Name = back.Operator.Name, Attributes = back.Attributes };
    }

    /// <summary>The axis and all after it become one where there are such that matter, and y is shaped back.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 13)
            return call;
        var x = call.Required(0);
        var rank = x.Type.Rank;
        var axis = call.Attributes.Int("axis", 1) is var given && given == rank ? rank : Axes.Normalize(given, rank);
        if (axis < rank && x.Type.Shape.Range(axis + 1, rank).All(dim => dim.IsOne))
            return call with { Attributes = call.Attributes.With("axis", (long)axis) };
        var flat = Reshape.To(b, x, [x.Type.Shape.Product(0, axis), x.Type.Shape.Product(axis, rank)]);
        var y = Apply(b, [flat], call.Attributes.With("axis", 1L)).Output;
        return call.WithInputs(y, Dims.ToValue(b, x.Type.Shape)) with { Name = nameof(Reshape), Attributes = Attributes.Empty };
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 5 * base.Flops(node, size);

    /// <summary>Along another axis than the last one, both the elements and the results are transposed.</summary>
    public override double ScratchBytes(Node node, Func<Dim, double> size) =>
        Axis(node) == node.Output.Type.Rank - 1 ? 0 : 2 * node.Output.Type.Element.Size() * size(node.Output.Type.Shape.Elements);
}
