using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature;

/// <summary>
/// A run that is planned. It may be made any number of times, over the data that it was planned with or over others; its sessions are kept
/// until it is disposed, so that a repeated run costs nothing but itself. It may be used from several threads, whose runs wait for each
/// other.
/// </summary>
public sealed class PlannedRun : IDisposable
{
    private readonly Lock _lock = new();
    private PreparedRun _run;
    private bool _isDisposed;

    internal PlannedRun(PreparedRun run) => _run = run.KeepingSessions();

    /// <summary>How each second-order quantity is computed, why that holds, and what it costs; none for an augmented model.</summary>
    public ImmutableArray<WeightPlan> Methods => _run.Methods;

    /// <summary>Notes for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes => [.. _run.Notes.Select(LibraryTerms.Of)];

    /// <summary>The number of batches.</summary>
    public int Batches => _run.Batches;

    /// <summary>
    /// About how many seconds all batches take, and the most bytes that the process will hold; null on a device, of which nothing is known.
    /// </summary>
    public (double Seconds, double PeakBytes)? Estimate => _run.Estimate;

    /// <summary>Runs over the data that it was planned with.</summary>
    /// <exception cref="UserErrorException">A result is not finite.</exception>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public CurvatureResult Run(IProgress<RunProgress>? progress = null, CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return LibraryTerms.Translate(() => LibraryTerms.Of(_run.Run(CallerProgress.Of(progress), cancellation)));
        }
    }

    /// <summary>
    /// Runs over other data. Where these would lead to another plan, as data of other shapes do, the run is planned again.
    /// </summary>
    /// <exception cref="UserErrorException">The data do not fit, or a result is not finite.</exception>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public CurvatureResult Run(
        IReadOnlyDictionary<string, CurvatureArray> data,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var arrays = CurvatureModel.Arrays(data);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return LibraryTerms.Translate(() =>
            {
                _run = _run.Over(arrays, CallerProgress.Of(progress), cancellation);
                return LibraryTerms.Of(_run.Run(CallerProgress.Of(progress), cancellation));
            });
        }
    }

    /// <summary>The same, on a thread of the pool.</summary>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public Task<CurvatureResult> RunAsync(
        IReadOnlyDictionary<string, CurvatureArray> data,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Run(data, progress, cancellation), cancellation);

    /// <summary>
    /// Runs over data that come one batch after another, as a loader gives them: a result for each batch, in their order. A batch is asked
    /// for when the one before has been computed.
    /// </summary>
    /// <param name="batches">The data of each batch; batches of other shapes are planned again.</param>
    /// <param name="progress">Receives the phases of each run; null for nothing.</param>
    /// <param name="cancellation">Ends the runs.</param>
    /// <exception cref="UserErrorException">The data of a batch do not fit, or a result is not finite.</exception>
    /// <exception cref="DisagreementException">The check of a run finds a result that is wrong.</exception>
    public IAsyncEnumerable<CurvatureResult> RunEachAsync(
        IAsyncEnumerable<IReadOnlyDictionary<string, CurvatureArray>> batches,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(batches);
        return Results(batches, progress, cancellation);
    }

    private async IAsyncEnumerable<CurvatureResult> Results(
        IAsyncEnumerable<IReadOnlyDictionary<string, CurvatureArray>> batches,
        IProgress<RunProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var batch in batches.WithCancellation(cancellation).ConfigureAwait(false))
            yield return await RunAsync(batch, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives up the sessions; there are no runs after that.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _run.Dispose();
        }
    }
}
