using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Why a problem says nothing, or what became of it.</summary>
/// <param name="Skipped">Why it says nothing; null where it does.</param>
/// <param name="Outcomes">Its outcomes.</param>
internal sealed record Verdict(string? Skipped, ImmutableArray<Outcome> Outcomes);

/// <summary>Compiles and runs a problem in its ways, and compares with what its definition says.</summary>
internal sealed class ProblemChecker(string folder)
{
    private const double SmallestMargin = 1e-4;
    private const double LargestNumber = 1e4;
    private const long MostTangents = 2_000_000;
    private const int MostWays = 4;

    /// <summary>The problem that results are compared with; tests put another one here.</summary>
    public Func<Problem, Problem> Expected { get; init; } = problem => problem;

    /// <summary>Checks a problem.</summary>
    public Verdict Check(Problem problem)
    {
        var right = Expected(problem)
            .EachTarget.Zip(problem.EachTarget, (of, target) => (Target: target, Dense: new DenseDerivatives(of)))
            .ToArray();
        if (right.Select(one => Skips(one.Dense)).OfType<string>().FirstOrDefault() is { } reason)
            return new Verdict(reason, []);
        Expectation[] expectations = [.. right.Select(one => new Expectation(one.Target, one.Dense))];
        ImmutableArray<Dictionary<Quantity, ImmutableArray<ExpectedResult>>> expected =
        [
            .. expectations.Select(expectation => problem.Quantities.ToDictionary(quantity => quantity, expectation.Of)),
        ];
        if (
            expected
                .SelectMany(of => of.Values)
                .SelectMany(results => results)
                .SelectMany(result => result.Values)
                .Any(value => !(Math.Abs(value) <= LargestNumber))
        )
            return new Verdict("large numbers", []);
        var files = new ProblemFiles(problem, expectations[0], folder);
        try
        {
            var comparison = new Comparison(problem, expected);
            var asked = problem.Quantities.Where(quantity => expected[0][quantity].Length > 0).ToImmutableArray();
            var outcomes = new List<Outcome>();
            var managed = new ManagedRun(problem, files, comparison);
            var open = Attempt(outcomes, "managed", asked, managed.Run);
            foreach (var diagonal in open.Where(quantity => quantity is Quantity.HessianDiagonal or Quantity.GgnDiagonal))
                outcomes.AddRange(managed.OtherWays(diagonal, MostWays));
            if (problem.Execution != Execution.Managed && open.Length > 0)
            {
                var (way, run) = RunOf(problem, files, comparison);
                Attempt(outcomes, way, open, run);
            }
            return new Verdict(null, [.. outcomes]);
        }
        finally
        {
            files.Delete();
        }
    }

    private static (string Way, Func<ImmutableArray<Quantity>, IEnumerable<Outcome>> Run) RunOf(
        Problem problem,
        ProblemFiles files,
        Comparison comparison
    ) =>
        problem.Execution switch
        {
            Execution.Engine => ("engine", new EngineRun(problem, files, comparison).Run),
            Execution.SingleRun => ("single-run", new AugmentedRun(problem, files, comparison, false).Run),
            Execution.Portable => ("portable", new AugmentedRun(problem, files, comparison, true).Run),
            _ => throw new ArgumentOutOfRangeException(nameof(problem)),
        };

    /// <summary>Runs all quantities at once and, where that is refused, one by one; gives those that were not refused.</summary>
    private static ImmutableArray<Quantity> Attempt(
        List<Outcome> outcomes,
        string way,
        ImmutableArray<Quantity> asked,
        Func<ImmutableArray<Quantity>, IEnumerable<Outcome>> run
    )
    {
        var together = Guarded(way, asked, run);
        if (together is not [{ Quantity: null }] || asked.Length == 1)
        {
            outcomes.AddRange(
                together.Select(outcome => outcome.Quantity is null && asked.Length == 1 ? outcome with { Quantity = asked[0] } : outcome)
            );
            return together is [{ Kind: OutcomeKind.Refused or OutcomeKind.Crash, Quantity: null }] ? [] : asked;
        }
        var open = ImmutableArray.CreateBuilder<Quantity>();
        foreach (var quantity in asked)
        {
            var alone = Guarded(way, [quantity], run);
            outcomes.AddRange(alone.Select(outcome => outcome with { Quantity = quantity }));
            if (alone.All(outcome => outcome.Kind is not (OutcomeKind.Refused or OutcomeKind.Crash)))
                open.Add(quantity);
        }
        // Results that can be had one by one must be had at once.
        if (open.Count == asked.Length)
            outcomes.Add(together[0]);
        return open.ToImmutable();
    }

    /// <summary>The outcomes of a run, or the one of all of it where it was refused or failed.</summary>
    internal static ImmutableArray<Outcome> Guarded(
        string way,
        ImmutableArray<Quantity> asked,
        Func<ImmutableArray<Quantity>, IEnumerable<Outcome>> run
    )
    {
        try
        {
            return [.. run(asked)];
        }
        catch (Exception exception) when (exception is UserErrorException or UnsupportedModelException)
        {
            return [new Outcome(OutcomeKind.Refused, way, null, exception.Message)];
        }
        catch (Exception exception)
        {
            return
            [
                new Outcome(
                    OutcomeKind.Crash,
                    way,
                    null,
                    $"{exception.GetType().Name}: {exception.Message.Split('\n')[0]} {Place(exception)}"
                ),
            ];
        }
    }

    /// <summary>The innermost method of the compiler that an exception passed.</summary>
    private static string Place(Exception exception) =>
        exception
            .StackTrace?.Split('\n')
            .FirstOrDefault(line => line.Contains("OnnxCurvature", StringComparison.Ordinal))
            ?.Split(" in ")[0]
            .Split('(')[0]
            .Trim()
        ?? "";

    private static string? Skips(DenseDerivatives dense) =>
        !dense.DependsOnTarget ? "no dependence"
        : (long)dense.Steps * dense.Size > MostTangents ? "too many steps"
        : !(dense.Margin >= SmallestMargin) ? "close to a kink"
        : null;
}
