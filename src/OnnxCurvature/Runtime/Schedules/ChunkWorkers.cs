using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Runs independent chunks in one session, several at a time, and hands their results on in the order of the chunks.</summary>
/// <param name="session">The session, which is used from several threads.</param>
/// <param name="captured">The values that every chunk takes besides its number.</param>
/// <param name="chunks">The chunks, from the first to the one after the last.</param>
/// <param name="take">Takes the results of a chunk, and owns them from then on; the calls do not overlap.</param>
internal sealed class ChunkWorkers(
    OrtProgram session,
    IReadOnlyList<OrtValue> captured,
    (long First, long End) chunks,
    Action<long, IReadOnlyList<OrtValue>> take
)
{
    private readonly Lock _counting = new();
    private readonly object _order = new();
    private long _next = chunks.First;
    private long _taken = chunks.First;

    /// <summary>Runs all chunks, <paramref name="atOnce"/> at a time. The first error of a chunk ends the others and is thrown.</summary>
    public void Run(int atOnce, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? failure = null;
        var workers = Enumerable.Range(0, atOnce).Select(_ => new Thread(Work) { IsBackground = true }).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        cancellation.ThrowIfCancellationRequested();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        void Work()
        {
            try
            {
                while (Next() is { } chunk && !stop.IsCancellationRequested)
                    Take(chunk, stop.Token);
            }
            catch (Exception exception)
            {
                // Chunks that were ended because of it fail, too, and later.
                Interlocked.CompareExchange(ref failure, exception, null);
                stop.Cancel();
            }
            finally
            {
                // Whoever waits for a chunk that was given up sees that all is to stop.
                lock (_order)
                    Monitor.PulseAll(_order);
            }
        }
    }

    private long? Next()
    {
        lock (_counting)
            return _next < chunks.End ? _next++ : null;
    }

    private void Take(long chunk, CancellationToken stop)
    {
        using var number = OrtTensors.Scalar(chunk);
        var results = session.Run([number, .. captured], _ => true, stop);
        lock (_order)
        {
            // A worker waits with its results, so there are never more of them than workers.
            while (_taken != chunk && !stop.IsCancellationRequested)
                Monitor.Wait(_order);
            if (stop.IsCancellationRequested)
            {
                foreach (var result in results)
                    result.Dispose();
                return;
            }
            take(chunk, results);
            _taken++;
            Monitor.PulseAll(_order);
        }
    }
}
