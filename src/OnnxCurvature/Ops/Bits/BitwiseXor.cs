using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Bits;

/// <summary>The bits that are set in just one of two integers.</summary>
internal sealed class BitwiseXor : BitwiseElementwise
{
    /// <inheritdoc/>
    protected override long Combine(Attributes attributes, long a, long b) => a ^ b;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;
}
