using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>Whether the estimates that a request asks for can be made, and what to know about them.</summary>
internal static class EstimateRequest
{
    /// <summary>Throws <see cref="UserErrorException"/> where an estimate, or a bound, is asked for that cannot be made.</summary>
    public static void Check(CurvatureRequest request, PlanLimits limits)
    {
        var isEstimate = request.Estimator != Estimator.None;
        if (isEstimate && !request.Quantities.Contains(request.Estimator.Estimated()))
            throw new UserErrorException(
                $"--method {request.Estimator.Name()} estimates the {request.Estimator.Estimated().Name()}, which is not asked for; add "
                    + $"it to --quantity."
            );
        if (request.TargetError is not null && !(isEstimate && !request.Estimator.IsOnePass()))
            throw new UserErrorException(
                "--target-error needs an estimate with a standard error; give --method hutchinson, xdiag or ggn-mc."
            );
        if (
            request.Tolerance is not null
            && (isEstimate || !request.Quantities.Any(quantity => quantity is Quantity.HessianDiagonal or Quantity.GgnDiagonal))
        )
            throw new UserErrorException(
                "--tolerance is of the exact hessian-diagonal and ggn-diagonal; ask for one of them with --quantity, and leave "
                    + "out --method."
            );
        if (request.Tolerance is not null && request.KeptClasses is null)
            throw new UserErrorException(
                "How many classes --tolerance keeps depends on the data, so it needs a run; leave it out, or use 'run'."
            );
        if (
            limits.OneRunForEachChunk
            && (isEstimate && !request.Estimator.IsOnePass() || request.Quantities.Contains(Quantity.FisherDiagonalMonteCarlo))
        )
            throw new UserErrorException(
                "A standard error is no sum over runs, which files of --profile portable are made for; give --profile single-run."
            );
    }

    /// <summary>Notes for the user, one sentence each.</summary>
    public static IEnumerable<string> Notes(CurvatureRequest request)
    {
        if (request.TargetError is not null)
            yield return "--target-error decides by the estimate itself when there are enough probes, so that where it ends is not "
                + "independent of it: estimate and standard error are slightly too small on average; a run with the --probes that it "
                + "comes to and another --seed is free of that.";
        if (request.Estimator == Estimator.XDiag)
            yield return "The standard error of xdiag is a guide: its leave-one-out estimates share their basis, and on small problems "
                + "two standard errors cover about five errors of six, not nineteen of twenty.";
    }
}
