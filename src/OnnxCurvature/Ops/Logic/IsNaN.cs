using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether x is not a number.</summary>
internal sealed class IsNaN : ElementwisePredicate
{
    /// <inheritdoc/>
    protected override bool Holds(Attributes attributes, double x) => double.IsNaN(x);

    /// <inheritdoc/>
    public override bool AsksForNaN => true;
}
