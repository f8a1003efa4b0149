using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>1 at the first greatest element along an axis, 0 elsewhere.</summary>
internal sealed class Hardmax : AxisNormalization
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
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var x = call.Required(0);
        var axis = Axes.Normalize(call.Attributes.Int("axis", -1), x.Type.Rank);
        var size =
            x.Type.Shape[axis].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {x.Type.Shape[axis]} of the axis of Hardmax is not known; give the sizes of symbolic dimensions."
            );
        var best = Catalogue.Get<ArgMax>().Apply(b, [x], Attributes.Empty.With("axis", (long)axis)).Output;
        var places = Reshape.To(b, b.Vector(size, place => place), [size, .. Enumerable.Repeat((Dim)1, x.Type.Rank - 1 - axis)]);
        return [Cast.Of(b, Equal.Of(b, best, places), x.Type.Element)];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => NoTangents(node);
}
