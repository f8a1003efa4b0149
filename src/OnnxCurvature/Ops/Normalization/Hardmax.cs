using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>1 at the first greatest element along an axis, 0 elsewhere.</summary>
public sealed class Hardmax : AxisNormalization
{
    /// <inheritdoc/>
    protected override void Normalize(Span<double> elements)
    {
        var best = 0;
        for (var k = 1; k < elements.Length; k++)
            if (elements[k] > elements[best])
                best = k;
        elements.Clear();
        if (elements.Length > 0)
            elements[best] = 1;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => NoTangents(node);
}
