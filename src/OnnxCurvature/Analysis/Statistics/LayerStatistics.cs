using System.Collections.Immutable;
using MathNet.Numerics.Statistics;
using OnnxCurvature.Analysis.Diagonals;

namespace OnnxCurvature.Analysis.Statistics;

/// <summary>The figures of one weight's curvature.</summary>
/// <param name="GradientNorm">‖∂L/∂w‖₂.</param>
/// <param name="Trace">Σᵢ Hᵢᵢ.</param>
/// <param name="TraceError">A bound of the standard error of the trace; 0 where the diagonal is exact.</param>
/// <param name="Mean">The mean of the entries.</param>
/// <param name="Median">The median of the entries.</param>
/// <param name="Least">The least entry.</param>
/// <param name="Largest">The largest entry.</param>
/// <param name="LargestAt">The indices of the largest entry, outermost first; of equal ones the first.</param>
/// <param name="NegativeShare">The share of entries below zero, from 0 to 1.</param>
/// <param name="ZeroShare">The share of entries that are zero.</param>
/// <param name="RelativeError">The norm of the standard errors over that of the estimate; 0 where the diagonal is exact, and null where the
/// estimate is zero.</param>
internal sealed record LayerStatistics(
    double GradientNorm,
    double Trace,
    double TraceError,
    double Mean,
    double Median,
    double Least,
    double Largest,
    ImmutableArray<long> LargestAt,
    double NegativeShare,
    double ZeroShare,
    double? RelativeError
)
{
    /// <summary>The figures of a weight, which has at least one entry.</summary>
    public static LayerStatistics Of(LayerCurvature layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        double[] diagonal = [.. layer.Diagonal];
        var largest = Array.IndexOf(diagonal, diagonal.Max());
        var norm = Norm(diagonal);
        var error = Norm(layer.StandardErrors ?? []);
        return new LayerStatistics(
            Norm(layer.Gradient),
            diagonal.Sum(),
            layer.ErrorBound(_ => 1),
            diagonal.Mean(),
            diagonal.Median(),
            diagonal.Min(),
            diagonal[largest],
            IndexOf(largest, layer.Shape),
            diagonal.Count(entry => entry < 0) / (double)diagonal.Length,
            diagonal.Count(entry => entry == 0) / (double)diagonal.Length,
            RelativeErrorOf(error, norm)
        );
    }

    private static double? RelativeErrorOf(double error, double norm)
    {
        if (error == 0)
            return 0;
        return norm == 0 ? null : error / norm;
    }

    private static double Norm(IEnumerable<double> entries) => Math.Sqrt(entries.Sum(entry => entry * entry));

    private static ImmutableArray<long> IndexOf(long position, ImmutableArray<long> shape)
    {
        var index = new long[shape.Length];
        for (var axis = shape.Length - 1; axis >= 0; axis--)
            (position, index[axis]) = Math.DivRem(position, shape[axis]);
        return [.. index];
    }
}
