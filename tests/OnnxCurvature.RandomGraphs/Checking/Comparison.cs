using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Compares results with what they should be.</summary>
public sealed class Comparison(Problem problem, IReadOnlyDictionary<Quantity, ImmutableArray<ExpectedResult>> expected)
{
    /// <summary>
    /// Errors that rounding in float64 makes at most, of numbers that are no larger than 1 or than the largest of the result.
    /// </summary>
    private const double DoubleError = 1e-8;

    private const double SingleError = 2e-3;

    /// <summary>What becomes of a result.</summary>
    /// <param name="way">How it was run.</param>
    /// <param name="quantity">Its quantity.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="values">Its elements.</param>
    /// <param name="isDouble">Whether it was computed in float64.</param>
    public Outcome Of(string way, Quantity quantity, IEnumerable<long> shape, double[] values, bool isDouble)
    {
        int[] sizes = [.. shape.Select(size => (int)size)];
        Outcome? worst = null;
        foreach (var result in expected[quantity])
        {
            var outcome = Against(result, way, quantity, sizes, values, isDouble);
            if (outcome.Kind == OutcomeKind.Right)
                return outcome;
            if (worst is null || worst.Kind == OutcomeKind.Misshapen)
                worst = outcome;
        }
        return worst!;
    }

    private Outcome Against(ExpectedResult result, string way, Quantity quantity, int[] shape, double[] values, bool isDouble)
    {
        if (values.Length != result.Values.Length || result.Shape is { } wanted && !wanted.SequenceEqual(shape))
        {
            var known = result.Shape is null ? $"{result.Values.Length} elements" : $"[{string.Join(",", result.Shape)}]";
            return new Outcome(OutcomeKind.Misshapen, way, quantity, $"has the shape [{string.Join(",", shape)}], and should have {known}");
        }
        var scale = Math.Max(1, result.Values.Select(Math.Abs).DefaultIfEmpty(0).Max());
        var errors = values.Zip(result.Values, (a, b) => Math.Abs(a - b)).ToArray();
        var worst = errors.Length == 0 ? 0 : errors.Max();
        if (worst <= (isDouble ? DoubleError : SingleError) * scale)
            return new Outcome(OutcomeKind.Right, way, quantity, "");
        var at = Array.FindIndex(errors, error => !(error < worst));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"entry {at} of {values.Length} is {values[at]:G9}, and should be {result.Values[at]:G9}"
        );
        return new Outcome(OutcomeKind.Wrong, way, quantity, text);
    }

    /// <summary>Whether a run of the problem computes in float64.</summary>
    public bool IsDouble => problem.Graph.IsDouble || problem.Precision == Precision.Float64;
}
