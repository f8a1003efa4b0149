namespace OnnxCurvature.Methods.Planning;

/// <summary>A way to compute a Hessian diagonal, with what it is expected to take; or why it is not open.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Cut">The cut at which the second derivative is taken; the loss's output for the square root of the output Hessian.</param>
/// <param name="IsRoot">Whether the directions there are those of the square root of the output Hessian, and not Hessian-vector
/// products.</param>
/// <param name="Directions">Directions in all.</param>
/// <param name="Flops">Floating-point operations, roughly; candidates are compared by them.</param>
/// <param name="Obstacle">Why the way is not proven to be exact; null where it is.</param>
internal sealed record Candidate(string Method, Cut Cut, bool IsRoot, double Directions, double Flops, string? Obstacle = null)
{
    /// <summary>
    /// Of the operations those that make the directions and pull them back to the target's product, which targets with the same
    /// <see cref="Shared"/> have in common.
    /// </summary>
    public double SweepFlops { get; init; }

    /// <summary>The other operations.</summary>
    public double OwnFlops => Flops - SweepFlops;

    /// <summary>Identifies the directions for targets that share them; null where they are the target's own.</summary>
    public SweepKey? Shared { get; init; }

    /// <summary>Whether it is taken because its directions serve other targets, too; alone another way would be cheaper.</summary>
    public bool IsForOthers { get; init; }

    /// <summary>Whether each sample has directions of its own, because samples are coupled.</summary>
    public bool IsJoint { get; init; }

    /// <summary>The name of the method of last resort.</summary>
    public const string AtTarget = "Hessian-vector products";

    /// <summary>The name of the method with products at a value after the target.</summary>
    public const string AtCut = "Hessian-vector products at a cut";

    /// <summary>The name of the method with products at a value after the target, one for each of its entries in every sample.</summary>
    public const string AtCoupledCut = "Hessian-vector products at a cut of coupled samples";

    /// <summary>The name of the method with a square root of the output Hessian for every sample.</summary>
    public const string ByCoupledRoot = "square root of the output Hessian of coupled samples";

    /// <summary>The name of the method with a product of the Jacobian for each entry of the target.</summary>
    public const string ByForwardProducts = "forward products";

    /// <summary>The name of the method with a Cholesky factor of what the output Hessian is at a narrower value before.</summary>
    public const string ByCholesky = "Cholesky factor at a cut";

    /// <summary>The name of the method with a square root of the output Hessian.</summary>
    public const string ByRoot = "square root of the output Hessian";
}
