using System.Diagnostics;

namespace OnnxCurvature.Fuzz;

/// <summary>
/// Ends the process where one input takes too long or too much memory; nothing less stops a thread that does not return. The process that
/// started this one keeps the input and starts another.
/// </summary>
/// <param name="verdict">The file that takes the reason.</param>
internal sealed class Watchdog(string verdict)
{
    // Of the processor's time, since others may need it, too; a wait without end is caught by the clock.
    private static readonly TimeSpan LongestWork = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private const long MostBytes = 1L << 30;

    private readonly Lock _lock = new();
    private long _started = Stopwatch.GetTimestamp();
    private TimeSpan _work = Environment.CpuUsage.TotalTime;

    /// <summary>Watches over this process until it ends.</summary>
    public void Start() => new Thread(Watch) { IsBackground = true, Priority = ThreadPriority.Highest }.Start();

    /// <summary>Says that the next input is begun.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _started = Stopwatch.GetTimestamp();
            _work = Environment.CpuUsage.TotalTime;
        }
    }

    private void Watch()
    {
        while (true)
        {
            Thread.Sleep(100);
            lock (_lock)
            {
                if (Environment.CpuUsage.TotalTime - _work > LongestWork || Stopwatch.GetElapsedTime(_started) > LongestWait)
                    End("took too long");
                if (Environment.WorkingSet > MostBytes)
                    End("took too much memory");
            }
        }
    }

    /// <summary>At once, for an orderly end would wait for the thread that does not return.</summary>
    private void End(string reason)
    {
        File.WriteAllText(verdict, reason);
        Process.GetCurrentProcess().Kill();
    }
}
