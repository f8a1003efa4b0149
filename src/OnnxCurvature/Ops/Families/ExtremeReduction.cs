using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>The greatest or the least element over axes. Of equal ones the first has the derivative.</summary>
internal abstract class ExtremeReduction : ReductionOperator
{
    /// <summary>The operator that gives the position of the first extreme element along an axis.</summary>
    protected abstract ExtremePosition Position { get; }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseLinear;

    /// <summary>dy = Σ m dx, where the mask m is 1 at the first extreme element and 0 elsewhere.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var x = ReducedLast(b, node, node.Inputs[0]!);
        // Of no elements there is no first.
        if (KnownSize(x) == 0)
            return [null];
        var position = Position.Apply(b, [x], Attributes.Empty.With("axis", (long)(x.Type.Rank - 1)).With("keepdims", 0L)).Output;
        var mask = OneHotRows.Of(b, position, KnownSize(x), x.Type.Element);
        var sum = Ops.Reduction.ReduceSum.Of(b, Mul.Of(b, mask, ReducedLast(b, node, tangent)), [x.Type.Rank - 1], keepDims: false);
        return [Reshape.To(b, sum, node.Output.Type.Shape)];
    }
}
