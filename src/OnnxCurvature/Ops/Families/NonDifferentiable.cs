using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>An operator whose derivative is zero almost everywhere, or whose values are no floats.</summary>
internal abstract class NonDifferentiable : Operator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Formula;

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => NoTangents(node);

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => throw new UnsupportedOperatorException($"{Name} cannot take inputs that differ between directions.");

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [.. node.Outputs.Select(_ => SampleLayout.Coupled)];
}
