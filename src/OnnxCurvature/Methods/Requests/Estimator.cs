namespace OnnxCurvature.Methods.Requests;

/// <summary>Ways to estimate a diagonal.</summary>
public enum Estimator
{
    /// <summary>None: the diagonal is exact.</summary>
    None,

    /// <summary>The mean of v ⊙ (∇²L v) over random signs v: an unbiased estimate of the Hessian diagonal.</summary>
    Hutchinson,

    /// <summary>
    /// The mean of (Jᵀ ∇ℓ)² over targets sampled from the model's own distribution: an unbiased estimate of the Gauss–Newton diagonal.
    /// </summary>
    GgnMonteCarlo,

    /// <summary>
    /// Hutchinson's estimate of what a basis of the products does not span, each vector left out once: of the Hessian diagonal.
    /// </summary>
    XDiag,

    /// <summary>
    /// One backward pass of second derivatives, with softmax as a function of each logit alone: a biased estimate of the Hessian diagonal.
    /// </summary>
    BeckerLeCun,

    /// <summary>The same from the exact diagonal of the loss's Hessian in its output: a biased estimate of the Hessian diagonal.</summary>
    HesScale,
}

/// <summary>Names of estimators.</summary>
internal static class Estimators
{
    /// <summary>The name on the command line: <c>hutchinson</c>; <c>exact</c> for none.</summary>
    public static string Name(this Estimator estimator) =>
        estimator switch
        {
            Estimator.None => "exact",
            Estimator.Hutchinson => "hutchinson",
            Estimator.GgnMonteCarlo => "ggn-mc",
            Estimator.XDiag => "xdiag",
            Estimator.BeckerLeCun => "becker-lecun",
            Estimator.HesScale => "hesscale",
            _ => throw new ArgumentOutOfRangeException(nameof(estimator)),
        };

    /// <summary>Whether an estimate takes one pass and no random numbers, is biased, and has no standard error.</summary>
    public static bool IsOnePass(this Estimator estimator) => estimator is Estimator.BeckerLeCun or Estimator.HesScale;

    /// <summary>The quantity that is estimated.</summary>
    public static Quantity Estimated(this Estimator estimator) =>
        estimator == Estimator.GgnMonteCarlo ? Quantity.GgnDiagonal : Quantity.HessianDiagonal;

    /// <summary>The results that a request has of each target, in order.</summary>
    public static IEnumerable<Quantity> ResultsOfTargets(this CurvatureRequest request) =>
        request.Quantities.Where(quantity => !quantity.IsOfPairs()).SelectMany(request.ResultsOf);

    /// <summary>The pairs of targets that a request has results of. Throws <see cref="UserErrorException"/> for a single one.</summary>
    public static IEnumerable<TargetPair> Pairs(this CurvatureRequest request, IReadOnlyList<Target> targets) =>
        request.Quantities.Contains(Quantity.CrossHessian) ? TargetPair.All(targets) : [];

    /// <summary>
    /// The results that stand for a quantity that is asked for: an estimate and its standard error for one that is estimated.
    /// </summary>
    public static IEnumerable<Quantity> ResultsOf(this CurvatureRequest request, Quantity quantity) =>
        quantity switch
        {
            Quantity.FisherDiagonalMonteCarlo => [Quantity.FisherDiagonalEstimate, Quantity.FisherDiagonalStandardError],
            Quantity.HessianDiagonal when request.Estimator.IsOnePass() => [Quantity.HessianDiagonalEstimate],
            Quantity.HessianDiagonal when request.Estimator is Estimator.Hutchinson or Estimator.XDiag =>
            [
                Quantity.HessianDiagonalEstimate,
                Quantity.HessianDiagonalStandardError,
            ],
            Quantity.GgnDiagonal when request.Estimator is Estimator.GgnMonteCarlo =>
            [
                Quantity.GgnDiagonalEstimate,
                Quantity.GgnDiagonalStandardError,
            ],
            Quantity.HessianDiagonal when request.Tolerance is not null =>
            [
                Quantity.HessianDiagonalLowerBound,
                Quantity.HessianDiagonalEstimate,
                Quantity.HessianDiagonalStandardError,
            ],
            Quantity.GgnDiagonal when request.Tolerance is not null =>
            [
                Quantity.GgnDiagonalLowerBound,
                Quantity.GgnDiagonalEstimate,
                Quantity.GgnDiagonalStandardError,
            ],
            _ => [quantity],
        };
}
