using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that is linear in each of its first two inputs, and has no others that carry a derivative. With both active it
/// is a curvature source.
/// </summary>
internal abstract class BilinearOperator : Operator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Weight;

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? Curvature.Curved
        : active[0] || active[1] ? Curvature.Linear
        : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override bool IsHomogeneous(Node node, ImmutableArray<bool> active) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var first = dx[0] is { } da ? Apply(b, node.Inputs.SetItem(0, da), node.Attributes).Output : null;
        var second = dx[1] is { } db ? Apply(b, node.Inputs.SetItem(1, db), node.Attributes).Output : null;
        return
        [
            first is null ? second
            : second is null ? first
            : Add.Of(b, first, second),
        ];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input switch
        {
            0 => TransposeFirst(b, node, node.Inputs[1]!, cy[0]!),
            1 => TransposeSecond(b, node, node.Inputs[0]!, cy[0]!),
            _ => base.Transpose(b, node, input, cy),
        };

    /// <summary>The cotangent of the first input, for the second held fixed.</summary>
    protected abstract Value TransposeFirst(GraphBuilder b, Node node, Value second, Value cy);

    /// <summary>The cotangent of the second input, for the first held fixed.</summary>
    protected abstract Value TransposeSecond(GraphBuilder b, Node node, Value first, Value cy);
}
