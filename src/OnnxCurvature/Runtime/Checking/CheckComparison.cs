using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checking;

using Repetitions = List<Dictionary<CheckedDerivatives, double[]>>;

/// <summary>Compares entries of results with derivatives along directions.</summary>
/// <param name="run">Derives along directions, from z on in float64.</param>
/// <param name="own">Derives along directions in the model's own type.</param>
/// <param name="squares">The names of the results that are sums of squares, in which nothing after z cancels.</param>
/// <param name="averages">Whether the loss is a mean over samples.</param>
/// <param name="tf32">Whether products round their factors to ten bits.</param>
/// <param name="inputs">Directions and cotangents that were fed, by name.</param>
internal sealed class CheckComparison(
    CheckRun run, CheckRun own, ImmutableHashSet<string> squares, bool averages, bool tf32, IReadOnlyDictionary<string, double[]> inputs)
{
    /// <summary>
    /// For each probe and result the element that agrees least, with its difference relative to the reference or, where that is larger, to
    /// the root mean square of the result.
    /// </summary>
    public ImmutableArray<(VerifyEntry Entry, double Relative)> Of(IReadOnlyList<Probe> probes, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<(VerifyEntry, double)>();
        var once = run.Along([.. probes.Select(probe => (probe, 1.0))], cancellation);
        foreach (var (probe, outputs) in probes.Zip(once))
        {
            (Repetitions Wide, Repetitions Own)? repeated = null;
            foreach (var (entries, positions) in probe.Compared)
            {
                var worst = Worst(entries, positions, [outputs], []);
                if (!worst.Agrees)
                {
                    repeated ??= Repeat(probe, cancellation);
                    worst = Worst(entries, positions, repeated.Value.Wide, squares.Contains(entries.Result.Name) ? [] : repeated.Value.Own);
                }
                var scale = Math.Max(Math.Abs(worst.Reference), entries.Typical);
                found.Add((worst, scale == 0 || worst.AgreesByRounding ? 0 : Math.Abs(worst.Computed - worst.Reference) / scale));
            }
        }
        return found.ToImmutable();
    }

    private (Repetitions Wide, Repetitions Own) Repeat(Probe probe, CancellationToken cancellation)
    {
        (Probe, double)[] multiples = [.. CheckRounding.Repetitions.Select(factor => (probe, factor))];
        return (run.Along(multiples, cancellation), own.Along(multiples, cancellation));
    }

    private VerifyEntry Worst(ResultEntries entries, ImmutableArray<long> positions, Repetitions wide, Repetitions own)
    {
        VerifyEntry? worst = null;
        foreach (var position in positions)
        {
            double[] references = [.. wide.Select(output => Reference(entries, position, output))];
            var reference = references.Average();
            // What all multiples lose alike in the model's own type counts as well as what they lose in different ways.
            var rounded = own.Select(output => Reference(entries, position, output)).Append(reference).ToArray();
            var spread = references.Max() - references.Min() + rounded.Max() - rounded.Min();
            var roundoff = CheckRounding.Roundoff(entries.Result.Target.Value.Type.Element, tf32);
            var tolerance = CheckRounding.Tolerance(reference, entries.Typical, roundoff, spread);
            var allowed = CheckRounding.Allowed(spread);
            ImmutableArray<long> index = [.. entries.IndexOf(position)];
            var computed = entries.Values[position];
            var entry = new VerifyEntry(entries.Result.Name, index, computed, reference, tolerance, allowed, "derivative along the entry");
            if (worst is null || entry.Excess > worst.Excess)
                worst = entry;
        }
        return worst!;
    }

    private double Reference(ResultEntries entries, long position, Dictionary<CheckedDerivatives, double[]> outputs)
    {
        var (_, _, row) = entries.At(position);
        var scale = averages ? entries.Rows : 1;
        return entries.Result.Quantity switch
        {
            Quantity.Gradient => Rows(CheckedDerivatives.First).Sum(),
            Quantity.HessianDiagonal or Quantity.Hessian => Rows(CheckedDerivatives.Second).Sum(),
            Quantity.Hvp or Quantity.GradientOfGradient => Rows(CheckedDerivatives.Second).Sum(),
            Quantity.GgnDiagonal => Rows(CheckedDerivatives.GaussNewton).Sum(),
            Quantity.FisherDiagonal => scale * TensorPrimitives.SumOfSquares<double>(Rows(CheckedDerivatives.First)),
            Quantity.PerSampleGradient => scale * Row(CheckedDerivatives.First),
            Quantity.PerSampleHessianDiagonal => scale * Row(CheckedDerivatives.Second),
            Quantity.PerSampleGgnDiagonal => scale * Row(CheckedDerivatives.GaussNewton),
            Quantity.PerSampleFisherDiagonal => Math.Pow(scale * Row(CheckedDerivatives.First), 2),
            Quantity.Jacobian or Quantity.Jvp => Row(CheckedDerivatives.Image),
            Quantity.Vjp => Rows(CheckedDerivatives.Image) is { Length: > 0 } image
                ? TensorPrimitives.Dot<double>(image, inputs[$"{entries.Result.Target.Name}.cotangent"])
                : 0,
            _ => throw new InvalidOperationException($"The {entries.Result.Quantity.Name()} is not checked."),
        };

        double[] Rows(CheckedDerivatives kind) => outputs.GetValueOrDefault(kind) ?? [];

        double Row(CheckedDerivatives kind) => Rows(kind) is { Length: > 0 } rows ? rows[row] : 0;
    }
}
