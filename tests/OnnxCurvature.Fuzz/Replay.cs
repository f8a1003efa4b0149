using System.Diagnostics;

namespace OnnxCurvature.Fuzz;

/// <summary>Gives files to all targets of their kind and says what became of each.</summary>
internal static class Replay
{
    /// <summary>Replays files. Returns 1 where one shows a fault.</summary>
    public static int Run(IEnumerable<string> files)
    {
        var faults = 0;
        foreach (var file in files)
        foreach (var target in FuzzTargets.All.Where(target => file.EndsWith(target.Extension, StringComparison.Ordinal)))
        {
            var clock = Stopwatch.StartNew();
            var fault = target.Fault(file);
            if (fault is null && clock.Elapsed.TotalSeconds < 1)
                continue;
            faults += fault is null ? 0 : 1;
            Console.WriteLine(
                $"{Path.GetFileName(file)} {target.Name} {clock.Elapsed.TotalSeconds:0.0} s: "
                    + $"{(fault is null ? "taken or refused" : Findings.KindOf(fault))}"
            );
        }
        return faults > 0 ? 1 : 0;
    }
}
