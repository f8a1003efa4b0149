using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Bits;

/// <summary>The bits of an unsigned integer moved by a number of places, to the <c>direction</c> LEFT or RIGHT.</summary>
internal sealed class BitShift : BitwiseElementwise
{
    /// <inheritdoc/>
    protected override long Combine(Attributes attributes, long a, long b) =>
        b is < 0 or > 63 ? 0
        : attributes.Text("direction", "") == "LEFT" ? a << (int)b
        : a >>> (int)b;
}
