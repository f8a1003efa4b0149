using System.Diagnostics;
using System.Globalization;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>
/// The time that the check of a run may take: a share of the time of the whole run, which its first batch has shown. The check of a short
/// run is bound by expected times alone, so that how many entries are checked does not depend on what else a machine does.
/// </summary>
internal sealed class CheckTime
{
    /// <summary>The share of a run's time that its check may take.</summary>
    public const double Share = 0.05;

    /// <summary>
    /// The share that the check may take until the first directions are done. Their price is estimated, so that some which seem to take
    /// more than <see cref="Share"/> do not.
    /// </summary>
    private const double FirstShare = 0.1;

    /// <summary>The share that may pass until it is known of the first entry that differs whether rounding explains that.</summary>
    private const double DoubtShare = 0.25;

    /// <summary>The share that entries which differ may take besides, since most runs have none.</summary>
    private const double RepeatShare = 0.05;

    /// <summary>Why a result is not checked that there was no time for: a clause.</summary>
    public static readonly string IsOver = string.Create(
        CultureInfo.InvariantCulture,
        $"the check took {100 * Share} % of the run, which is the most that it may take"
    );

    /// <summary>Why a result is not checked that there was no memory for: a clause.</summary>
    public const string CameToBound = "the check came to the memory limit";

    /// <summary>Runs of fewer seconds have at least one direction of each target checked.</summary>
    private const double ShortRun = 2;

    /// <summary>A run that is expected to take less than this part of the time that it takes is held up by others.</summary>
    private const double LeastExpected = 1.0 / 4;

    private const double LeastSeconds = 0.1;

    /// <summary>In less time no work is begun. A timer may fire so much sooner than a stopwatch shows that its time is over.</summary>
    private const double LeastWorth = 0.005;

    private readonly double _most;
    private readonly double _first;
    private readonly double _doubt;
    private readonly double _mostRepeats;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Stopwatch _repeats = new();

    /// <summary>Starts the clock.</summary>
    /// <param name="expected">How long the first batch, and the whole run, were expected to take.</param>
    /// <param name="taken">How long the first batch took.</param>
    /// <param name="spent">The time that the check took to prepare.</param>
    /// <param name="before">The time that the run took to load the model and to plan, which is a part of it.</param>
    public CheckTime((double Batch, double Run) expected, double taken, double spent, double before = 0)
    {
        Slowdown = taken / expected.Batch;
        var batches = Slowdown * expected.Run;
        var run = before + batches;
        IsBound = batches > ShortRun && expected.Run > LeastExpected * ShortRun;
        if (IsBound)
        {
            (_most, _first, _doubt) = (Share * run - spent, FirstShare * run - spent, DoubtShare * run - spent);
            _mostRepeats = RepeatShare * run;
        }
        else
        {
            (_most, _first, _doubt) = (
                Math.Max(Share * Math.Min(expected.Run, ShortRun), LeastSeconds),
                double.PositiveInfinity,
                double.PositiveInfinity
            );
            Slowdown = 1;
        }
    }

    /// <summary>How many times the expected time things take.</summary>
    public double Slowdown { get; }

    /// <summary>Whether the check ends when its time is over.</summary>
    public bool IsBound { get; }

    /// <summary>How long the check has taken, without what it took to prepare.</summary>
    public double Taken => _clock.Elapsed.TotalSeconds;

    /// <summary>The seconds that are left; of a short run all, since it is bound by what is expected.</summary>
    public double Left => IsBound ? Math.Max(0, _most - (Taken - _repeats.Elapsed.TotalSeconds)) : _most;

    /// <summary>Whether there is time for what takes so many seconds.</summary>
    public bool Allows(double seconds) => !IsBound || seconds <= Left;

    /// <summary>Whether there is time for first directions that take so many seconds.</summary>
    public bool AllowsFirst(double seconds) => Taken + seconds <= _first;

    /// <summary>
    /// Does work within the time that is left, or for first directions within what these may take, and says whether it was done. Throws
    /// <see cref="OperationCanceledException"/> where the run is ended.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="isFirst">Whether it is of the first directions.</param>
    /// <param name="stop">Ends the work alone, for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public bool Within(Action<CancellationToken> work, bool isFirst, CancellationToken stop, CancellationToken cancellation) =>
        Within(work, isFirst ? Math.Max(0, _first - Taken) : Left, stop, cancellation);

    /// <summary>
    /// The same for an entry that differs, within the time for these: a share of their own, and for the first of them up to a quarter of
    /// the run, so that a wrong result is found to be one.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="isFirst">Whether it is for the first entry that differs.</param>
    /// <param name="stop">Ends the work alone, for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public bool WithinRepeats(Action<CancellationToken> work, bool isFirst, CancellationToken stop, CancellationToken cancellation)
    {
        var left = Math.Max(0, _mostRepeats - _repeats.Elapsed.TotalSeconds);
        _repeats.Start();
        try
        {
            return Within(work, isFirst ? Math.Max(left, _doubt - Taken) : left, stop, cancellation);
        }
        finally
        {
            _repeats.Stop();
        }
    }

    private bool Within(Action<CancellationToken> work, double seconds, CancellationToken stop, CancellationToken cancellation)
    {
        if (IsBound && seconds < LeastWorth)
            return false;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellation);
        if (IsBound)
            ends.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            work(ends.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
