using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Bits;

/// <summary>The bits of an unsigned integer moved by a number of places, to the <c>direction</c> LEFT or RIGHT.</summary>
public sealed class BitShift : BitwiseElementwise
{
    /// <inheritdoc/>
    protected override long Combine(Attributes attributes, long a, long b) => (ulong)b > 63 ? 0
        : attributes.Text("direction", "") == "LEFT" ? a << (int)b : (long)((ulong)a >> (int)b);
}
