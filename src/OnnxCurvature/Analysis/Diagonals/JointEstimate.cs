using System.Collections.Immutable;
using MathNet.Numerics.Random;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>
/// Hutchinson's estimate of the Hessian diagonal by several weights at once: the mean of v ⊙ (∇²L v) over vectors v of random signs. A
/// vector runs over all weights together, so that a probe takes one product, however many weights there are.
/// </summary>
internal static class JointEstimate
{
    /// <summary>The estimate for each weight, with the standard error of each entry.</summary>
    public static ImmutableArray<(double[] Mean, double[] StandardError)> Of(
        HessianProduct product,
        int probes,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var random = new MersenneTwister(seed);
        var sums = product.Sizes.Select(size => new double[size]).ToArray();
        // Deviations from the first probe: squares of entries themselves would cancel where they hardly differ.
        double[][]? first = null;
        var squares = product.Sizes.Select(size => new double[size]).ToArray();
        for (var probe = 0; probe < probes; probe++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new RunProgress((double)probe / probes, $"probe {probe + 1} of {probes}"));
            double[][] signs = [.. product.Sizes.Select(size => Signs(random, size))];
            double[][] entries = [.. product.Times(signs, cancellation).Zip(signs, Multiplied)];
            first ??= entries;
            for (var weight = 0; weight < entries.Length; weight++)
            for (var index = 0; index < entries[weight].Length; index++)
            {
                var deviation = entries[weight][index] - first[weight][index];
                sums[weight][index] += deviation;
                squares[weight][index] += deviation * deviation;
            }
        }
        return [.. Enumerable.Range(0, sums.Length).Select(weight => Estimate(first![weight], sums[weight], squares[weight], probes))];
    }

    private static (double[] Mean, double[] StandardError) Estimate(double[] first, double[] sums, double[] squares, int probes)
    {
        var (mean, error) = (new double[sums.Length], new double[sums.Length]);
        for (var index = 0; index < mean.Length; index++)
        {
            mean[index] = first[index] + sums[index] / probes;
            var variance = Math.Max(0, squares[index] - sums[index] * sums[index] / probes) / (probes - 1);
            error[index] = Math.Sqrt(variance / probes);
        }
        return (mean, error);
    }

    private static double[] Signs(MersenneTwister random, int size)
    {
        var signs = new double[size];
        for (var index = 0; index < size; index++)
            signs[index] = random.NextBoolean() ? 1 : -1;
        return signs;
    }

    private static double[] Multiplied(double[] product, double[] signs)
    {
        var entries = new double[product.Length];
        for (var index = 0; index < entries.Length; index++)
            entries[index] = product[index] * signs[index];
        return entries;
    }
}
