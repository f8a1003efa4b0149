using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Families;

/// <summary>The greatest or the least of the inputs. Of equal ones the first has the derivative.</summary>
internal abstract class ExtremeElementwise : VariadicElementwise
{
    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        node.Inputs.Length == 1 ? Curvature.Linear : Curvature.PiecewiseLinear;

    /// <summary>The tangent of the first input that equals the output, chosen from the last input to the first.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var zero = b.Scalar(node.Output.Type.Element, 0);
        var chosen = dx[^1] ?? zero;
        for (var index = dx.Length - 2; index >= 0; index--)
            if (dx[index] is not null || chosen != zero)
                chosen = Where.Of(b, Equal.Of(b, node.Inputs[index]!, node.Output), dx[index] ?? zero, chosen);
        return [chosen == zero ? null : Broadcasting.To(b, chosen, node.Output.Type.Shape)];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        node.Inputs.Length == 1 ? cy[0] : base.Transpose(b, node, input, cy);
}
