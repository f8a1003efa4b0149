using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>A truth value for each pair of elements, under broadcasting.</summary>
internal abstract class Comparison : Pairwise
{
    /// <summary>The truth of the comparison.</summary>
    protected abstract bool Holds(double a, double b);

    /// <inheritdoc/>
    protected sealed override ElementType Result(ElementType inputs) => ElementType.Bool;

    /// <inheritdoc/>
    protected sealed override long Combine(Attributes attributes, Tensor a, int i, Tensor b, int j) => Holds(a.At(i), b.At(j)) ? 1 : 0;

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => Broadcasting.FromOpset(b, call, opset);
}
