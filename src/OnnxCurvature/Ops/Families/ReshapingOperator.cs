using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// The elements of x in another shape, which follows from x's by a rule. In derivatives it becomes <see cref="Reshape"/>.
/// </summary>
internal abstract class ReshapingOperator : LinearOperator
{
    /// <summary>The output's shape.</summary>
    protected abstract TensorShape Shape(TensorShape x, Attributes attributes);

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return [x with { Shape = Shape(x.Shape, call.Attributes) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Same(node);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [inputs[0]!.Reshaped(Shape(inputs[0]!.Type.Shape, node.Attributes).Sizes)];

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [dx[0] is { } tangent ? Reshape.To(b, tangent, node.Output.Type.Shape) : null];

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        Reshape.To(b, cy[0]!, node.Inputs[0]!.Type.Shape);

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Reshape.To(b, inputs[0]!, node.Output.Type.Shape.Prepend(directions))];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        Catalogue.Get<Reshape>().Samples(node, inputs);

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) =>
        Catalogue.Get<Reshape>().Samples(node, inputs);

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) =>
        Reshape.To(b, wide(node.Inputs[0]!), Matrices.ShapeOf(node.Output.Type.Shape));
}
