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
    /// Compares, for each probe and result the element that agrees least, with its difference relative to the reference or, where that is
    /// larger, to the root mean square of the result. Entries that differ at once are derived again.
    /// </summary>
    /// <param name="probes">The probes.</param>
    /// <param name="time">The time for them.</param>
    /// <param name="stop">Ends the check for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public CheckOutcome Of(IReadOnlyList<Probe> probes, CheckTime time, CancellationToken stop, CancellationToken cancellation)
    {
        var (compared, ended) = First(probes, time, stop, cancellation);
        var undecided = ImmutableArray.CreateBuilder<VerifyEntry>();
        var (found, repeated) = (ImmutableArray.CreateBuilder<(VerifyEntry, double)>(), 0);
        foreach (var (probe, output) in compared)
        {
            var measured = new Repeated([output], [], []);
            var (worst, isDecided) = (WorstOf(probe, measured), true);
            if (!worst.All(entry => entry.Agrees))
            {
                var isFirst = repeated++ == 0;
                (worst, isDecided) = Again(probe, measured, worst, work => time.WithinRepeats(work, isFirst, stop, cancellation));
            }
            foreach (var ((entries, _), entry) in probe.Compared.Zip(worst))
            {
                if (!entry.Agrees && !isDecided)
                {
                    undecided.Add(entry);
                    continue;
                }
                found.Add((entry, CheckReference.Difference(entry, entries.Values.Typical)));
            }
        }
        return new CheckOutcome(found.ToImmutable(), undecided.ToImmutable(), compared.Count, ended);
    }

    /// <summary>
    /// The right values of the entries of probes, for a comparison that is made elsewhere: what rounding may make of each is measured
    /// beforehand, along all variations, or along a few where there is no time for more. It gives the references of each probe that there
    /// was time and memory for, and where not for all, why: a clause.
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
            var repeated = new Repeated([], [], []);
            if (found.Count > 0 && !time.Allows(last) || !time.Within(Repeat, found.Count == 0, stop, cancellation))
                return (found.ToImmutable(), stop.IsCancellationRequested ? CheckTime.CameToBound : CheckTime.IsOver);
            last = time.Taken - start;
            found.Add([
                .. probe.Compared.SelectMany(compared =>
                    compared.Positions.Select(position => ReferenceOf(compared.Entries, position, repeated))
                ),
            ]);

            void Repeat(CancellationToken ends)
            {
                foreach (var rounding in CheckRounding.Order)
                    repeated = repeated.With(rounding, Along(probe, rounding, variations, ends));
            }
        }
        return (found.ToImmutable(), null);
    }

    /// <summary>Derivatives along as many of the probes as there is time and memory for; and where not along all, why: a clause.</summary>
    private (List<(Probe Probe, Dictionary<CheckedDerivatives, double[]> Output)> Compared, string? Reason) First(
        IReadOnlyList<Probe> probes,
        CheckTime time,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        var compared = new List<(Probe, Dictionary<CheckedDerivatives, double[]>)>();
        var once = runs[CheckedRounding.Wide];
        double last = 0;
        foreach (var some in probes.Chunk(once.Directions))
        {
            var start = time.Taken;
            Repetitions outputs = [];
            if (
                compared.Count > 0 && !time.Allows(last)
                || !time.Within(
                    ends => outputs = once.Along([.. some.Select(probe => (probe, new Variation(1)))], ends),
                    isFirst: compared.Count == 0,
                    stop,
                    cancellation
                )
            )
                return (compared, stop.IsCancellationRequested ? CheckTime.CameToBound : CheckTime.IsOver);
            last = time.Taken - start;
            compared.AddRange(some.Zip(outputs));
        }
        return (compared, null);
    }

    /// <summary>
    /// Derives along variations of a probe until all its entries agree: first along some, what cancels before z above all, since that is
    /// what most entries that differ do, and then along all. Says whether that was decided in the time and memory that there is.
    /// </summary>
    private (VerifyEntry[] Worst, bool IsDecided) Again(
        Probe probe,
        Repeated measured,
        VerifyEntry[] worst,
        Func<Action<CancellationToken>, bool> within
    )
    {
        foreach (var most in CheckRounding.Steps)
        foreach (var rounding in CheckRounding.Order)
        {
            Repetitions rows = [];
            if (!within(ends => rows = Along(probe, rounding, most, ends)))
                return (worst, false);
            measured = measured.With(rounding, rows);
            worst = [.. worst.Zip(WorstOf(probe, measured), (before, again) => before.Agrees ? before : again)];
            if (worst.All(entry => entry.Agrees))
                return (worst, true);
        }
        return (worst, true);
    }

    private Repetitions Along(Probe probe, CheckedRounding rounding, int most, CancellationToken ends) =>
        runs[rounding].Along([.. CheckRounding.VariationsOf(rounding, most).Select(variation => (probe, variation))], ends);

    private VerifyEntry[] WorstOf(Probe probe, Repeated repeated) =>
        [.. probe.Compared.Select(compared => Worst(compared.Entries, compared.Positions, repeated))];

    private VerifyEntry Worst(ResultEntries entries, ImmutableArray<long> positions, Repeated repeated)
    {
        VerifyEntry? worst = null;
        foreach (var position in positions)
        {
            var entry = ReferenceOf(entries, position, repeated).With(entries.Values[position], entries.Values.Typical);
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
            RangeOf(references),
            RangeOf([.. Each(repeated.Narrow).Where(double.IsFinite), reference]),
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

    private static double RangeOf(double[] numbers) => numbers.Max() - numbers.Min();

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
    private sealed record Repeated(Repetitions Wide, Repetitions Narrow, Repetitions Perturbed)
    {
        /// <summary>With what one way gave.</summary>
        public Repeated With(CheckedRounding rounding, Repetitions rows) =>
            rounding switch
            {
                CheckedRounding.Wide => this with { Wide = rows },
                CheckedRounding.Narrow => this with { Narrow = rows },
                _ => this with { Perturbed = rows },
            };
    }
}

/// <summary>The findings of a comparison.</summary>
/// <param name="Found">Entries that agree or do not, each with its difference.</param>
/// <param name="Undecided">Entries that differ, where there was no time or memory to find out whether rounding explains it.</param>
/// <param name="Probes">How many of the probes there was time and memory for.</param>
/// <param name="Reason">Why not for all: a clause; null where for all.</param>
internal sealed record CheckOutcome(
    ImmutableArray<(VerifyEntry Entry, double Relative)> Found,
    ImmutableArray<VerifyEntry> Undecided,
    int Probes,
    string? Reason
);
