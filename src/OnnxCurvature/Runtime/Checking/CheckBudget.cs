using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>The time and memory that a check may take.</summary>
/// <param name="costs">Sizes and operations.</param>
/// <param name="cores">The cores that nodes may use.</param>
/// <param name="provider">Where the check runs.</param>
/// <param name="expected">How long the first batch, and the whole run, are expected to take.</param>
/// <param name="memory">The memory of a program and its values; null where nothing bounds it.</param>
/// <param name="heldBytes">The bytes that the process takes besides.</param>
/// <param name="bound">The most bytes that it may take.</param>
internal sealed class CheckBudget(
    CostModel costs,
    int cores,
    ExecutionProvider provider,
    (double Batch, double Run) expected,
    CheckMemory? memory,
    double heldBytes,
    double bound
)
{
    /// <summary>Directions that run at a time, at most.</summary>
    private const int MostAtOnce = 8;

    /// <summary>A direction is derived in float64, from z on in float32, and with errors, where its rounding is measured.</summary>
    private const int WaysOfRounding = 3;

    private const double SecondsForASession = 0.02;

    /// <summary>
    /// The part of the time that a profile has for the start of a node, where no optimizer looks at it: 36 to 50 µs a node on two cores,
    /// of which the profile has 67.
    /// </summary>
    private const double PlainStart = 0.6;

    /// <summary>How many times as fast weights are read as they are read and laid out, which a check does not do.</summary>
    private const double ReadingToLayingOut = 4;

    /// <summary>How long the first batch, and the whole run, are expected to take.</summary>
    public (double Batch, double Run) Expected => expected;

    /// <summary>How many directions may be taken of those that are wanted.</summary>
    /// <param name="part">The results that are derived.</param>
    /// <param name="seconds">The time for them.</param>
    /// <param name="time">The bound on the whole check.</param>
    /// <param name="variations">In how many variations each is derived, in every way of rounding; 0 where once is enough.</param>
    public CheckAllowance For(CheckPart part, double seconds, CheckTime time, int variations)
    {
        try
        {
            return Fitting(part, seconds, time, variations);
        }
        catch (Exception exception) when (exception is UnsupportedModelException or UserErrorException)
        {
            return new CheckAllowance(0, 0, $"its derivatives along directions cannot be computed: {exception.Message}");
        }
    }

    private CheckAllowance Fitting(CheckPart part, double seconds, CheckTime time, int variations)
    {
        CheckAllowance? refused = null;
        var wanted = part.Targets * RunCheck.Entries;
        for (var directions = Math.Min(MostAtOnce, wanted); directions > 0; directions /= 2)
        {
            var program = part.Derivatives.ProgramFor(directions, CheckedRounding.Wide, provider);
            var peak = memory is null ? null : new Lazy<double>(() => memory.Peak(program));
            var most = part.MostBytes ?? bound - heldBytes;
            if (memory?.AtMost(program) > most && peak!.Value > most)
            {
                var size = string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling((heldBytes + peak.Value) / (1 << 20))} MiB");
                var reason = part.MostBytes is null
                    ? $"one direction takes about {size}, which is more than the limit"
                    : CheckTime.CameToBound;
                refused = new CheckAllowance(0, 0, reason) { LacksMemory = true };
                continue;
            }
            var (start, each) = Price(program, time.Slowdown);
            if (variations > 0)
                (start, each) = (WaysOfRounding * start, WaysOfRounding * variations * each);
            var affordable = (int)Math.Min(int.MaxValue, directions * Math.Floor(Math.Max(0, seconds - start) / each));
            if (affordable >= wanted)
                return new CheckAllowance(directions, int.MaxValue, null) { Peak = peak };
            var one = start + each / directions;
            var slow = string.Create(
                CultureInfo.InvariantCulture,
                $"one direction takes about {one:0.##} s, and all checks at most {100 * CheckTime.Share} % of the run"
            );
            if (affordable > 0)
                return new CheckAllowance(directions, affordable, slow) { Peak = peak };
            refused =
                !time.IsBound ? new CheckAllowance(directions, part.Targets, slow) { Peak = peak }
                : time.AllowsFirst(one) ? new CheckAllowance(directions, directions, slow) { Peak = peak }
                : new CheckAllowance(0, 0, slow);
            // With fewer at a time each of them takes no less.
            if (refused.Directions == 0)
                break;
        }
        return refused!;
    }

    private (double Start, double Each) Price(Program program, double slowdown)
    {
        var times = new TimeModel(costs, cores);
        var start = SecondsForASession + PlainStart * costs.Machine.NodeStartSeconds * program.Nodes.Length;
        // Weights are read once for all directions at a time, from pages that the session has not read before.
        var read = times.WeightBytes(program) / (ReadingToLayingOut * costs.Machine.FileBytesPerSecond);
        return (slowdown * start, slowdown * (times.Run(program) + read));
    }
}

/// <summary>The memory of the program of a check and its values, in bytes.</summary>
/// <param name="Peak">The peak.</param>
/// <param name="AtMost">At least the peak, and quickly known.</param>
internal sealed record CheckMemory(Func<Program, double> Peak, Func<Program, double> AtMost);
