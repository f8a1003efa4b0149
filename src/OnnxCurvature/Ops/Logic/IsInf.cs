using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether x is infinite; the attributes <c>detect_negative</c> and <c>detect_positive</c> (default 1) choose the sign.</summary>
internal sealed class IsInf : ElementwisePredicate
{
    /// <inheritdoc/>
    protected override bool Holds(Attributes attributes, double x) =>
        x == double.PositiveInfinity
            ? attributes.Int("detect_positive", 1) != 0
            : x == double.NegativeInfinity && attributes.Int("detect_negative", 1) != 0;
}
