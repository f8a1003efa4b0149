using MathNet.Numerics.Optimization;

namespace OnnxCurvature.Analysis.Laplace;

/// <summary>
/// The logarithm of the marginal likelihood of a diagonal Laplace approximation, with a Gaussian prior of precision τ: −L + ½ n log τ − ½ τ
/// ‖w‖² − ½ Σᵢ log(hᵢ + τ), where L is the sum of the losses and h the diagonal of its curvature (MacKay, 1992).
/// </summary>
/// <param name="loss">L.</param>
/// <param name="values">w.</param>
/// <param name="curvature">h.</param>
internal sealed class MarginalLikelihood(double loss, double[] values, double[] curvature)
{
    private const double LeastLog = -18;
    private const double MostLog = 18;
    private const int Intervals = 72;

    private readonly double _squares = values.Sum(value => value * value);

    /// <summary>The logarithm at a precision that makes all of the posterior positive; else minus infinity.</summary>
    public double Of(double precision)
    {
        double logarithms = 0;
        foreach (var entry in curvature)
        {
            if (!(entry + precision > 0))
                return double.NegativeInfinity;
            logarithms += Math.Log(entry + precision);
        }
        return -loss + (values.Length * Math.Log(precision) - precision * _squares - logarithms) / 2;
    }

    /// <summary>
    /// The precision of the largest marginal likelihood, between e^-18 and e^18. It is null where an entry of the curvature is negative and
    /// the likelihood grows without bound towards the precision that makes up for it.
    /// </summary>
    public double? Fit()
    {
        // The best of a grid, and then the best around it: there may be more than one maximum.
        var step = (MostLog - LeastLog) / Intervals;
        var best = Enumerable.Range(0, Intervals + 1).Select(index => LeastLog + index * step).MaxBy(log => Of(Math.Exp(log)));
        if (double.IsNegativeInfinity(Of(Math.Exp(best - step))))
            return null;
        var objective = ObjectiveFunction.ScalarValue(log => -Of(Math.Exp(log)));
        return Math.Exp(GoldenSectionMinimizer.Minimum(objective, best - step, best + step, 1e-10, 1000).MinimizingPoint);
    }
}
