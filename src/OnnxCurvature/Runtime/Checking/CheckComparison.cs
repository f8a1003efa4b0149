using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checking;

using Repetitions = List<Dictionary<CheckedDerivatives, double[]>>;

/// <summary>Compares entries of results with derivatives along directions.</summary>
/// <param name="runs">Derive along directions.</param>
/// <param name="squares">The names of the results that are sums of squares, in which nothing after z cancels.</param>
/// <param name="head">The loss.</param>
/// <param name="tf32">Whether products round their factors to ten bits.</param>
/// <param name="inputs">Directions and cotangents that were fed, by name.</param>
internal sealed class CheckComparison(
    CheckRuns runs,
    ImmutableHashSet<string> squares,
    LossHead head,
    bool tf32,
    IReadOnlyDictionary<string, double[]> inputs
)
{
    /// <summary>
    /// For each probe and result the element that agrees least, with its difference relative to the reference or, where that is larger, to
    /// the root mean square of the result; how many of the probes there was time and memory for; and where not for all, why: a clause.
    /// Entries that differ at once are derived again, however long that takes, since a difference must not stand unexplained.
    /// </summary>
    /// <param name="probes">The probes.</param>
    /// <param name="time">The time for them.</param>
    /// <param name="stop">Ends the check for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public (ImmutableArray<(VerifyEntry Entry, double Relative)> Found, int Probes, string? Reason) Of(
        IReadOnlyList<Probe> probes,
        CheckTime time,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        var (found, done) = (ImmutableArray.CreateBuilder<(VerifyEntry, double)>(), 0);
        var once = runs[CheckedRounding.Wide];
        double last = 0;
        foreach (var some in probes.Chunk(once.Directions))
        {
            var start = time.Taken;
            Repetitions outputs = [];
            if (
                done > 0 && !time.Allows(last)
                || !time.Within(
                    ends => outputs = once.Along([.. some.Select(probe => (probe, new Variation(1)))], ends),
                    isFirst: done == 0,
                    stop,
                    cancellation
                )
            )
                return (found.ToImmutable(), done, stop.IsCancellationRequested ? CheckTime.CameToBound : CheckTime.IsOver);
            last = time.Taken - start;
            try
            {
                found.AddRange(Compared(some, outputs, stop).ToArray());
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return (
                    found.ToImmutable(),
                    done,
                    $"an entry differs, and before it was known whether by rounding, {CheckTime.CameToBound}"
                );
            }
            done += some.Length;
        }
        return (found.ToImmutable(), done, null);
    }

    /// <summary>
    /// What the entries of probes must be, for a comparison that is made elsewhere: what rounding may make of each is measured beforehand,
    /// along all variations, or along a few where there is no time for more. It gives the references of each probe that there was time and
    /// memory for, and where not for all, why: a clause.
    /// </summary>
    /// <param name="probes">The probes.</param>
    /// <param name="variations">How many variations are measured: some of <see cref="CheckRounding.Steps"/>.</param>
    /// <param name="time">The time for them.</param>
    /// <param name="stop">Ends the check for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public (ImmutableArray<ImmutableArray<CheckReference>> Found, string? Reason) References(
        IReadOnlyList<Probe> probes,
        int variations,
        CheckTime time,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        var found = ImmutableArray.CreateBuilder<ImmutableArray<CheckReference>>();
        double last = 0;
        foreach (var probe in probes)
        {
            var start = time.Taken;
            Repeated? repeated = null;
            if (
                found.Count > 0 && !time.Allows(last)
                || !time.Within(ends => repeated = Repeat([probe], variations, ends).Single(), found.Count == 0, stop, cancellation)
            )
                return (found.ToImmutable(), stop.IsCancellationRequested ? CheckTime.CameToBound : CheckTime.IsOver);
            last = time.Taken - start;
            found.Add([
                .. probe.Compared.SelectMany(compared =>
                    compared.Positions.Select(position => ReferenceOf(compared.Entries, position, repeated!))
                ),
            ]);
        }
        return (found.ToImmutable(), null);
    }

    /// <summary>Compares; what differs is derived again along some variations of its direction, and along all where these do not explain
    /// it.</summary>
    private IEnumerable<(VerifyEntry Entry, double Relative)> Compared(Probe[] probes, Repetitions outputs, CancellationToken stop)
    {
        Repeated[] measured = [.. outputs.Select(output => new Repeated([output], [], []))];
        VerifyEntry[][] worst = [.. probes.Select((probe, at) => WorstOf(probe, measured[at]))];
        foreach (var most in CheckRounding.Steps)
        {
            int[] differing = [.. worst.Index().Where(all => !all.Item.All(entry => entry.Agrees)).Select(all => all.Index)];
            if (differing.Length == 0)
                break;
            foreach (var (at, repeated) in differing.Zip(Repeat([.. differing.Select(at => probes[at])], most, stop)))
                worst[at] = [.. worst[at].Zip(WorstOf(probes[at], repeated), (first, again) => first.Agrees ? first : again)];
        }
        foreach (var (probe, all) in probes.Zip(worst))
        foreach (var ((entries, _), entry) in probe.Compared.Zip(all))
            yield return (entry, CheckReference.Difference(entry, entries.Typical));
    }

    private VerifyEntry[] WorstOf(Probe probe, Repeated repeated) =>
        [.. probe.Compared.Select(compared => Worst(compared.Entries, compared.Positions, repeated))];

    /// <summary>Derivatives along so many variations of some probes.</summary>
    private IEnumerable<Repeated> Repeat(Probe[] probes, int most, CancellationToken stop)
    {
        var wide = Along(CheckedRounding.Wide, CheckRounding.Multiples);
        var narrow = Along(CheckedRounding.Narrow, CheckRounding.Multiples);
        var perturbed = Along(CheckedRounding.Perturbed, CheckRounding.Errors);
        return probes.Select((_, at) => new Repeated(wide[at], narrow[at], perturbed[at]));

        Repetitions[] Along(CheckedRounding rounding, ImmutableArray<Variation> variations)
        {
            var some = variations[..Math.Min(most, variations.Length)];
            var pairs = probes.SelectMany(probe => some.Select(variation => (probe, variation)));
            return [.. runs[rounding].Along([.. pairs], stop).Chunk(some.Length).Select(rows => rows.ToList())];
        }
    }

    private VerifyEntry Worst(ResultEntries entries, ImmutableArray<long> positions, Repeated repeated)
    {
        VerifyEntry? worst = null;
        foreach (var position in positions)
        {
            var entry = ReferenceOf(entries, position, repeated).With(entries.Values[position], entries.Typical);
            if (worst is null || entry.Excess > worst.Excess)
                worst = entry;
        }
        return worst!;
    }

    private CheckReference ReferenceOf(ResultEntries entries, long position, Repeated repeated)
    {
        double[] Each(Repetitions repetitions) => [.. repetitions.Select(output => Reference(entries, position, output))];
        var references = Each(repeated.Wide);
        var reference = references.Average();
        var roundoff = CheckRounding.Roundoff(entries.Result.Target.Value.Type.Element, tf32);
        var rounding = new CheckRounding(
            Spread(references),
            Spread([.. Each(repeated.Narrow).Where(double.IsFinite), reference]),
            Each(repeated.Perturbed),
            reference
        );
        return new CheckReference(
            entries.Result.Name,
            position,
            [.. entries.IndexOf(position)],
            reference,
            CheckRounding.Relative(roundoff),
            rounding.Allowed(roundoff, squares.Contains(entries.Result.Name))
        );
    }

    private static double Spread(double[] numbers) => numbers.Max() - numbers.Min();

    private double Reference(ResultEntries entries, long position, Dictionary<CheckedDerivatives, double[]> outputs)
    {
        var (_, _, row) = entries.At(position);
        var scale = head.Classes?.Samples ?? (head.Reduction == BatchWeight.Samples ? entries.Output.Samples : 1);
        return entries.Result.Quantity switch
        {
            Quantity.Gradient => Elements(CheckedDerivatives.First).Sum(),
            Quantity.HessianDiagonal or Quantity.Hessian or Quantity.CrossHessian => Elements(CheckedDerivatives.Second).Sum(),
            Quantity.Hvp or Quantity.GradientOfGradient => Elements(CheckedDerivatives.Second).Sum(),
            Quantity.GgnDiagonal => Elements(CheckedDerivatives.GaussNewton).Sum(),
            Quantity.FisherDiagonal => scale * TensorPrimitives.SumOfSquares<double>(BySample(CheckedDerivatives.First)),
            Quantity.PerSampleGradient => scale * BySample(CheckedDerivatives.First)[row],
            Quantity.PerSampleHessianDiagonal => scale * BySample(CheckedDerivatives.Second)[row],
            Quantity.PerSampleGgnDiagonal => scale * BySample(CheckedDerivatives.GaussNewton)[row],
            Quantity.PerSampleFisherDiagonal => Math.Pow(scale * BySample(CheckedDerivatives.First)[row], 2),
            Quantity.Jacobian or Quantity.Jvp => Elements(CheckedDerivatives.Image) is { Length: > 0 } image ? image[row] : 0,
            Quantity.Vjp => Elements(CheckedDerivatives.Image) is { Length: > 0 } image
                ? TensorPrimitives.Dot<double>(image, inputs[VectorInput.Cotangent(entries.Result.Target).Name])
                : 0,
            _ => throw new InvalidOperationException($"The {entries.Result.Quantity.Name()} is not checked."),
        };

        double[] Elements(CheckedDerivatives kind) => outputs.GetValueOrDefault(kind) ?? [];

        double[] BySample(CheckedDerivatives kind)
        {
            var sums = new double[entries.Output.Samples];
            foreach (var (index, element) in Elements(kind).Index())
                sums[entries.Output.Of(index).Sample] += element;
            return sums;
        }
    }

    /// <summary>Derivatives along multiples of a direction, in float64 and in float32 from z on, and along it with errors.</summary>
    private sealed record Repeated(Repetitions Wide, Repetitions Narrow, Repetitions Perturbed);
}
