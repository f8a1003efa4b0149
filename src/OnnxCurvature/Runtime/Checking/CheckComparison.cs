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
    /// the root mean square of the result; and how many of the probes there was time for. An entry that differs at once is derived again,
    /// however long that takes, since a difference must not stand unexplained.
    /// </summary>
    public (ImmutableArray<(VerifyEntry Entry, double Relative)> Found, int Probes) Of(
        IReadOnlyList<Probe> probes,
        CheckTime time,
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
            if (!time.Allows(last) || !time.Within(ends => outputs = once.Along([.. some.Select(Plain)], ends), cancellation))
                break;
            last = time.Taken - start;
            for (var index = 0; index < some.Length; index++)
                found.AddRange(Compared(some[index], outputs[index], cancellation));
            done += some.Length;
        }
        return (found.ToImmutable(), done);

        static (Probe, Variation) Plain(Probe probe) => (probe, new Variation(1));
    }

    private IEnumerable<(VerifyEntry Entry, double Relative)> Compared(
        Probe probe,
        Dictionary<CheckedDerivatives, double[]> outputs,
        CancellationToken cancellation
    )
    {
        Repeated? repeated = null;
        foreach (var (entries, positions) in probe.Compared)
        {
            var worst = Worst(entries, positions, new Repeated([outputs], [], []));
            if (!worst.Agrees)
            {
                repeated ??= Repeat(probe, cancellation);
                worst = Worst(entries, positions, repeated);
            }
            var scale = Math.Max(Math.Abs(worst.Reference), entries.Typical);
            yield return (worst, scale == 0 || worst.AgreesByRounding ? 0 : Math.Abs(worst.Computed - worst.Reference) / scale);
        }
    }

    private Repeated Repeat(Probe probe, CancellationToken cancellation)
    {
        return new Repeated(
            Along(CheckedRounding.Wide, CheckRounding.Multiples),
            Along(CheckedRounding.Narrow, CheckRounding.Multiples),
            Along(CheckedRounding.Perturbed, CheckRounding.Errors)
        );

        Repetitions Along(CheckedRounding rounding, IEnumerable<Variation> variations) =>
            runs[rounding].Along([.. variations.Select(variation => (probe, variation))], cancellation);
    }

    private VerifyEntry Worst(ResultEntries entries, ImmutableArray<long> positions, Repeated repeated)
    {
        VerifyEntry? worst = null;
        foreach (var position in positions)
        {
            double[] References(Repetitions repetitions) => [.. repetitions.Select(output => Reference(entries, position, output))];
            var references = References(repeated.Wide);
            var reference = references.Average();
            var roundoff = CheckRounding.Roundoff(entries.Result.Target.Value.Type.Element, tf32);
            var rounding = new CheckRounding(
                Spread(references),
                Spread([.. References(repeated.Narrow).Where(double.IsFinite), reference]),
                References(repeated.Perturbed),
                reference
            );
            var allowed = rounding.Allowed(roundoff, squares.Contains(entries.Result.Name));
            var tolerance = CheckRounding.Relative(roundoff) * (Math.Abs(reference) + entries.Typical) + allowed;
            ImmutableArray<long> index = [.. entries.IndexOf(position)];
            var computed = entries.Values[position];
            var entry = new VerifyEntry(entries.Result.Name, index, computed, reference, tolerance, allowed, "derivative along the entry");
            if (worst is null || entry.Excess > worst.Excess)
                worst = entry;
        }
        return worst!;
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
