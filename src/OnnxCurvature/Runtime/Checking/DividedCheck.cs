using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>
/// The check of a batch whose directions are divided over shards, none of which has a whole result: one of them computes the references,
/// and they are compared where the shards are put together.
/// </summary>
/// <param name="Probes">For each direction, the entries that are derivatives along it.</param>
/// <param name="Unchecked">The results that are not checked, and why.</param>
/// <param name="Seconds">How long the references took.</param>
internal sealed record DividedCheck(
    ImmutableArray<ImmutableArray<DividedReference>> Probes,
    ImmutableArray<(string Name, string Reason)> Unchecked,
    double Seconds
)
{
    /// <summary>
    /// Compares. Throws <see cref="DisagreementException"/> where an entry differs by more than rounding explains.
    /// </summary>
    /// <param name="result">The elements of a result as the first batch adds to it, by its name.</param>
    public CheckReport Compare(Func<string, double[]> result)
    {
        var values = new Dictionary<string, (double[] Elements, double Typical)>(StringComparer.Ordinal);
        var entries = ImmutableArray.CreateBuilder<VerifyEntry>();
        double largest = 0;
        foreach (var named in Probes.SelectMany(probe => probe.GroupBy(reference => reference.Entry.Name)))
        {
            if (!values.TryGetValue(named.Key, out var found))
                values[named.Key] = found = Of(named.Key, named.First().Weight);
            var worst = named
                .Select(reference => reference.Entry.With(found.Elements[reference.Entry.Position], found.Typical))
                .MaxBy(entry => entry.Excess)!;
            largest = Math.Max(largest, CheckReference.Difference(worst, found.Typical));
            entries.Add(worst);
        }
        var report = new CheckReport(entries.ToImmutable(), Unchecked, Seconds) { LargestDifference = largest };
        return report.Agrees ? report : throw new DisagreementException(report);

        (double[], double) Of(string name, double weight)
        {
            var elements = result(name);
            TensorPrimitives.Divide(elements, weight, elements);
            return (elements, Math.Sqrt(TensorPrimitives.SumOfSquares<double>(elements) / elements.Length));
        }
    }
}

/// <summary>The right value of an entry of the first batch.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Weight">The factor of the batch's part of the result.</param>
internal sealed record DividedReference(CheckReference Entry, double Weight);
