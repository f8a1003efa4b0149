using System.Collections.Immutable;
using MathNet.Numerics.Random;
using MathNet.Numerics.Statistics;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Spectra;

/// <summary>
/// Computes spectra by products with the compiled Hessian: eigenvalues as Ritz values, and densities by stochastic Lanczos quadrature
/// (Ubaru, Chen and Saad, 2017).
/// </summary>
internal sealed class Spectrum(
    RunPricing pricing,
    SpectrumOptions options,
    IProgress<RunProgress>? progress,
    CancellationToken cancellation
)
{
    private int _done;
    private int _total;

    /// <summary>All spectra that are asked for. Throws <see cref="UserErrorException"/> where a basis does not fit the memory.</summary>
    public SpectrumResult Run()
    {
        var uses = WeightUse.NodesByWeight(pricing.Graph);
        ImmutableArray<string> weights = pricing.Weights;
        var parts = new List<ImmutableArray<string>> { weights };
        if (options.ByLayer && weights.Length > 1)
            parts.AddRange(weights.Select(weight => ImmutableArray.Create(weight)));
        _total = parts.Count * options.Starts;
        return new SpectrumResult([.. parts.Select(part => Of(part, part.Length == 1 ? uses.GetValueOrDefault(part[0], "") : ""))]);
    }

    private PartSpectrum Of(ImmutableArray<string> weights, string node)
    {
        using var product = HessianProduct.Create(pricing.Settled, pricing.Options, weights);
        var entries = product.Sizes.Sum();
        var steps = Math.Min(options.Steps, entries);
        if ((double)steps * entries * sizeof(double) is var bytes && bytes > pricing.Options.MemoryBytes)
            throw new UserErrorException(
                $"A basis of {steps} vectors of {entries} entries takes {Math.Ceiling(bytes / (1 << 20))} MiB, and the limit is "
                    + $"{PlanLimits.Text(pricing.Options.MemoryBytes)}; give fewer --steps, fewer weights with --wrt, or more --memory."
            );
        var random = new MersenneTwister(options.Seed);
        var runs = new List<RitzValue[]>();
        var traces = new List<double>();
        for (var start = 0; start < options.Starts; start++)
        {
            progress?.Report(new RunProgress((double)_done++ / _total, $"start {start + 1} of {options.Starts}"));
            double[] signs = [.. Enumerable.Range(0, entries).Select(_ => random.NextBoolean() ? 1.0 : -1.0)];
            var run = Lanczos.Run(vector => Times(product, vector), signs, steps);
            runs.Add(run);
            // The first moment of the quadrature is vᵀHv / vᵀv.
            traces.Add(entries * run.Sum(value => value.Weight * value.Value));
        }
        return new PartSpectrum(
            weights,
            node,
            entries,
            Extremes(runs.Select(run => run.Reverse())),
            Extremes(runs),
            traces.Mean(),
            traces.StandardDeviation() / Math.Sqrt(traces.Count),
            [.. runs.SelectMany(run => run.Select(value => (value.Value, value.Weight / runs.Count))).OrderBy(point => point.Value)]
        );
    }

    /// <summary>The first eigenvalues of the run that bounds them best.</summary>
    private ImmutableArray<(double Value, double Bound)> Extremes(IEnumerable<IEnumerable<RitzValue>> runs) =>
        [
            .. runs.Select(run => run.Take(options.Extremes).ToArray())
                .MinBy(values => values.Sum(value => value.Bound))!
                .Select(value => (value.Value, value.Bound)),
        ];

    private double[] Times(HessianProduct product, double[] vector)
    {
        cancellation.ThrowIfCancellationRequested();
        var parts = new List<double[]>();
        foreach (var size in product.Sizes)
        {
            var start = parts.Sum(part => part.Length);
            parts.Add(vector[start..(start + size)]);
        }
        return [.. product.Times(parts, cancellation).SelectMany(part => part)];
    }
}
