using System.Diagnostics;

namespace OnnxCurvature.Fuzz;

/// <summary>
/// Ends the process where one input takes too long or too much memory; nothing less stops a thread that does not return. The process that
/// started this one keeps the input and starts another.
/// </summary>
/// <param name="verdict">The file that takes the reason.</param>
internal sealed class Watchdog(string verdict)
{
    // Of the processor's time, since others may need it, too. A wait without end is caught by counting looks, since a process that is
    // stopped for a while and goes on has not waited.
    private static readonly TimeSpan LongestWork = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private const int MostLooks = 1200;
    private const long MostBytes = 1L << 30;

    private readonly Lock _lock = new();
    private int _looks;
    private TimeSpan _work = Environment.CpuUsage.TotalTime;

    /// <summary>Watches over this process until it ends.</summary>
    public void Start() => new Thread(Watch) { IsBackground = true, Priority = ThreadPriority.Highest }.Start();

    /// <summary>Says that the next input is begun.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _looks = 0;
            _work = Environment.CpuUsage.TotalTime;
        }
    }

    private void Watch()
    {
        while (true)
        {
            Thread.Sleep(BetweenLooks);
            lock (_lock)
            {
                if (Environment.CpuUsage.TotalTime - _work > LongestWork || ++_looks > MostLooks)
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
