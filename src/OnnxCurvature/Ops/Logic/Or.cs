using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Logic;

/// <summary>Whether either holds, or both.</summary>
public sealed class Or : Comparison
{
    /// <inheritdoc/>
    protected override bool Holds(double a, double b) => a != 0 || b != 0;
}
