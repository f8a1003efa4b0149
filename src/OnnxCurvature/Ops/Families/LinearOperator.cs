using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that is linear in its first input, with all others (shapes, indices, sizes) held fixed. Its tangent is the
/// operator itself applied to the tangent.
/// </summary>
internal abstract class LinearOperator : Operator
{
    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is null)
            return NoTangents(node);
        var applied = Apply(
            b,
            node.Inputs.SetItem(0, dx[0]),
            node.Attributes,
            node.Outputs.Length,
            [.. node.Outputs.Select(output => output.Type)]
        );
        return [.. applied.Outputs];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input == 0 ? Transpose(b, node, cy) : base.Transpose(b, node, input, cy);

    /// <summary>The cotangent of the first input. At least one of <paramref name="cy"/> is not null.</summary>
    protected abstract Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy);

    /// <summary>Throws for inputs other than the first that differ between directions.</summary>
    protected void OnlyFirstBatched(ImmutableArray<bool> batched)
    {
        for (var index = 1; index < batched.Length; index++)
            if (batched[index])
                throw new UnsupportedOperatorException($"{Name} cannot take an input {index} that differs between directions.");
    }

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);
}
