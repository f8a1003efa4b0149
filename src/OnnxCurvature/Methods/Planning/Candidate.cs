namespace OnnxCurvature.Methods.Planning;

/// <summary>A way to compute a Hessian diagonal, with what it is expected to take; or why it is not open.</summary>
/// <param name="Method">How the second derivative is taken.</param>
/// <param name="Cut">The cut at which the second derivative is taken; the loss's output for the square root of the output Hessian.</param>
/// <param name="Directions">Directions in all.</param>
/// <param name="Flops">Floating-point operations, roughly; candidates are compared by them.</param>
/// <param name="Obstacle">Why the way is not proven to be exact; null where it is.</param>
internal sealed record Candidate(CandidateMethod Method, Cut Cut, double Directions, double Flops, string? Obstacle = null)
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

    /// <summary>Whether the directions at the cut are those of a square root of the output Hessian.</summary>
    public bool IsRoot => Method is CandidateMethod.OutputRoot or CandidateMethod.CoupledOutputRoot;

    /// <summary>Whether each sample has directions of its own, because samples are coupled.</summary>
    public bool IsJoint => Method is CandidateMethod.CoupledOutputRoot or CandidateMethod.CoupledCutProducts;
}
