namespace OnnxCurvature.Methods.Checking;

/// <summary>Which directional derivatives a check needs.</summary>
[Flags]
internal enum CheckedDerivatives
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>D L[a].</summary>
    First = 1,

    /// <summary>D²L[a, b].</summary>
    Second = 2,

    /// <summary>z_aᵀ ∇²L z_b.</summary>
    GaussNewton = 4,

    /// <summary>z_a.</summary>
    Image = 8,

    /// <summary>Directions b differ from a.</summary>
    Pairs = 16,

    /// <summary>Sums over the entries of z are left to the caller, who takes them sample by sample.</summary>
    Samples = 32,
}
