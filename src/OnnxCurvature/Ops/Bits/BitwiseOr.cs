using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Bits;

/// <summary>The bits that are set in either of two integers.</summary>
internal sealed class BitwiseOr : BitwiseElementwise
{
    /// <inheritdoc/>
    protected override long Combine(Attributes attributes, long a, long b) => a | b;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;
}
