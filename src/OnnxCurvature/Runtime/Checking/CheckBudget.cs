using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>What a check may take of time and memory.</summary>
/// <param name="costs">Sizes and operations.</param>
/// <param name="cores">The cores that nodes may use.</param>
/// <param name="provider">Where the check runs.</param>
/// <param name="expected">How long the first batch, and the whole run, are expected to take.</param>
/// <param name="peakBytes">What the process takes at its peak for a program and the values of it; null where nothing bounds it.</param>
/// <param name="bound">The most bytes that it may take.</param>
internal sealed class CheckBudget(
    CostModel costs,
    int cores,
    ExecutionProvider provider,
    (double Batch, double Run) expected,
    Func<Program, double>? peakBytes,
    double bound
)
{
    /// <summary>Directions that run at a time, at most.</summary>
    private const int MostAtOnce = 8;

    /// <summary>Weights are read once for all directions at a time, from pages that the session has not read before.</summary>
    private const double WeightBytesInASecond = 4e9;

    /// <summary>A direction is derived in float64, from z on in float32, and with errors, where its rounding is measured.</summary>
    private const int WaysOfRounding = 3;

    private const double SecondsForASession = 0.02;
    private const double SecondsForANode = 1e-4;

    /// <summary>How long the first batch, and the whole run, are expected to take.</summary>
    public (double Batch, double Run) Expected => expected;

    /// <summary>How many directions may be taken of those that are wanted.</summary>
    /// <param name="derivatives">What is derived.</param>
    /// <param name="seconds">The time for them.</param>
    /// <param name="time">What bounds the whole check.</param>
    /// <param name="wanted">How many are wanted.</param>
    /// <param name="variations">In how many variations each is derived, in every way of rounding; 0 where once is enough.</param>
    public CheckAllowance For(DirectionalDerivatives derivatives, double seconds, CheckTime time, int wanted, int variations = 0)
    {
        try
        {
            return Fitting(derivatives, seconds, time, wanted, variations);
        }
        catch (Exception exception) when (exception is UnsupportedModelException or UserErrorException)
        {
            return new CheckAllowance(0, 0, $"its derivatives along directions cannot be computed: {exception.Message}");
        }
    }

    private CheckAllowance Fitting(DirectionalDerivatives derivatives, double seconds, CheckTime time, int wanted, int variations)
    {
        CheckAllowance? refused = null;
        for (var directions = Math.Min(MostAtOnce, wanted); directions > 0; directions /= 2)
        {
            var program = new Float64Lowering(provider).Run(derivatives.ProgramFor(directions, CheckedRounding.Wide));
            if (peakBytes is not null && peakBytes(program) is var peak && peak > bound)
            {
                var size = string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(peak / (1 << 20))} MiB");
                refused = new CheckAllowance(0, 0, $"one direction takes about {size}, which is more than the limit");
                continue;
            }
            var (start, each) = Price(program, time.Slowdown);
            if (variations > 0)
                (start, each) = (WaysOfRounding * start, WaysOfRounding * variations * each);
            var most = (int)Math.Min(int.MaxValue, directions * Math.Floor(Math.Max(0, seconds - start) / each));
            if (most >= wanted)
                return new CheckAllowance(directions, int.MaxValue, null);
            var one = start + each / directions;
            var reason = string.Create(
                CultureInfo.InvariantCulture,
                $"one direction takes about {one:0.##} s, and all checks at most {100 * CheckTime.Share} % of the run"
            );
            if (most > 0)
                return new CheckAllowance(directions, most, reason);
            refused =
                !time.IsBound ? new CheckAllowance(directions, Math.Max(1, wanted / RunCheck.Entries), reason)
                : time.AllowsFirst(one) ? new CheckAllowance(directions, directions, reason)
                : new CheckAllowance(0, 0, reason);
        }
        return refused!;
    }

    private (double Start, double Each) Price(Program program, double slowdown)
    {
        var times = new TimeModel(costs, cores);
        var weights = program
            .Nodes.SelectMany(node => node.Inputs)
            .OfType<Value>()
            .Where(value => value.Constant is not null)
            .Distinct()
            .Sum(costs.Bytes);
        var start = SecondsForASession + SecondsForANode * program.Nodes.Length;
        return (slowdown * start, slowdown * (times.Run(program) + weights / WeightBytesInASecond));
    }
}
