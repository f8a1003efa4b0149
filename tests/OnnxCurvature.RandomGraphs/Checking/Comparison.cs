using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Compares results with what they should be.</summary>
/// <param name="problem">The problem.</param>
/// <param name="expected">The right values of each target, in the order of <see cref="Problem.EachTarget"/>.</param>
internal sealed class Comparison(Problem problem, ImmutableArray<Dictionary<Quantity, ImmutableArray<ExpectedResult>>> expected)
{
    /// <summary>
    /// Errors that rounding in float64 makes at most, relative to the largest number of the result or to <see cref="Cancelled"/>.
    /// </summary>
    private const double DoubleError = 1e-8;

    private const double SingleError = 2e-3;

    /// <summary>The size of a result below which its errors are those of the larger numbers that cancel in it.</summary>
    private const double Cancelled = 0.01;

    /// <summary>The outcomes of results of all targets.</summary>
    /// <param name="way">How they were computed.</param>
    /// <param name="quantities">Their quantities.</param>
    /// <param name="isDouble">Whether they were computed in float64.</param>
    /// <param name="resultOf">A result by its name: its sizes and elements.</param>
    public ImmutableArray<Outcome> Of(
        string way,
        ImmutableArray<Quantity> quantities,
        bool isDouble,
        Func<string, (IEnumerable<long> Shape, double[] Values)> resultOf
    ) =>
        [
            .. from target in problem.EachTarget.Zip(expected)
            from quantity in quantities
            where target.Second[quantity].Length > 0
            let result = resultOf(target.First.ResultName(quantity))
            select Of(problem.Besides.IsEmpty ? way : way + " of several targets", quantity, target.Second[quantity], result, isDouble),
        ];

    private static Outcome Of(
        string way,
        Quantity quantity,
        ImmutableArray<ExpectedResult> allowed,
        (IEnumerable<long> Shape, double[] Values) computed,
        bool isDouble
    )
    {
        int[] sizes = [.. computed.Shape.Select(size => (int)size)];
        Outcome? worst = null;
        foreach (var result in allowed)
        {
            var outcome = Against(result, way, quantity, sizes, computed.Values, isDouble);
            if (outcome.Kind == OutcomeKind.Right)
                return outcome;
            if (worst is null || worst.Kind == OutcomeKind.Misshapen)
                worst = outcome;
        }
        return worst!;
    }

    private static Outcome Against(ExpectedResult result, string way, Quantity quantity, int[] shape, double[] values, bool isDouble)
    {
        if (values.Length != result.Values.Length || result.Shape is { } wanted && !wanted.SequenceEqual(shape))
        {
            var known = result.Shape is null ? $"{result.Values.Length} elements" : $"[{string.Join(",", result.Shape)}]";
            return new Outcome(OutcomeKind.Misshapen, way, quantity, $"has the shape [{string.Join(",", shape)}], and should have {known}");
        }
        var scale = Math.Max(Cancelled, result.Values.Select(Math.Abs).DefaultIfEmpty(0).Max());
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
