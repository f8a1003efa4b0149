using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>y = x.</summary>
internal sealed class Identity : LinearOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Same(node);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) => [inputs[0]!];

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => dx;

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) => cy[0];

    /// <inheritdoc/>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs) =>
        new(inputs[0]!, inputs, node.Attributes);

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [inputs[0]!];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => inputs;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override bool IsIdentity => true;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
