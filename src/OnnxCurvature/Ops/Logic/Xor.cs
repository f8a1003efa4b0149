using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether exactly one holds.</summary>
public sealed class Xor : Comparison
{
    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a != 0 != (b != 0);
}
