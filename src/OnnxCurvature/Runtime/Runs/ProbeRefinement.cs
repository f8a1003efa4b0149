using System.Globalization;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Decides whether an estimate needs more random directions to reach the error that was asked for.</summary>
internal static class ProbeRefinement
{
    /// <summary>The most directions that are taken on.</summary>
    private const int Most = 1 << 20;

    /// <summary>
    /// The number of directions for another run, by 1/√P; null where the error is reached. Throws <see cref="UserErrorException"/> where it
    /// cannot be.
    /// </summary>
    public static int? Next(CurvatureRequest request, CurvatureResult result)
    {
        if (request.TargetError is not { } wanted)
            return null;
        double worst = 0;
        foreach (var error in result.Tensors)
        {
            if (Quantities.OfOutput(error.CanonicalName) is not { } named || named.Quantity.EstimateOfError() is not { } estimated)
                continue;
            var estimate = result.Find(estimated.OutputName(named.Target))!;
            var (size, spread) = (estimate.Numbers.Norm(), error.Numbers.Norm());
            worst = Math.Max(worst, spread == 0 ? 0 : spread / size);
        }
        if (worst <= wanted)
            return null;
        var needed = Math.Max(request.Probes + 1, Math.Ceiling(request.Probes * 1.1 * worst / wanted * worst / wanted));
        return needed <= Most
            ? (int)needed
            : throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"--target-error {wanted} would take about {needed:0} probes, and at most {Most} are taken; with {request.Probes} "
                        + $"the relative error is {worst:0.###}. Give a larger one."
                )
            );
    }
}
