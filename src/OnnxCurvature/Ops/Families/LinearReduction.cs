using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>A reduction that is linear: a sum or a mean.</summary>
internal abstract class LinearReduction : ReductionOperator
{
    /// <summary>The cotangent of x, given that of y repeated over the reduced axes.</summary>
    protected abstract Value Weigh(GraphBuilder b, Node node, Value repeated);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [dx[0] is { } tangent ? Apply(b, [tangent], node.Attributes).Output : null];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        Weigh(b, node, Expand.Of(b, WithKeptAxes(b, node, cy[0]!), node.Inputs[0]!.Type.Shape));
}
