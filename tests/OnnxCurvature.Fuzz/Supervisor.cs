using System.Diagnostics;
using System.Globalization;

namespace OnnxCurvature.Fuzz;

/// <summary>
/// Fuzzes in a process of its own, for an input may end it: by the watchdog, by a stack that overflows, or in native code. The input is
/// then kept and another process goes on.
/// </summary>
internal static class Supervisor
{
    private const string Memory = "/dev/shm";

    /// <summary>Runs one target or all, one after another, for a time in all.</summary>
    public static int Run(string name, TimeSpan time, int seed, IReadOnlyList<string> arguments)
    {
        var option = arguments.ToList().IndexOf("--out");
        var output = option >= 0 ? arguments[option + 1] : "findings";
        var seeds = arguments.Where((_, index) => option < 0 || index < option).ToArray();
        FuzzTarget[] targets = [.. FuzzTargets.All.Where(target => name == "all" || target.Name == name)];
        if (targets.Length == 0)
        {
            Console.Error.WriteLine(
                $"'{name}' is no target; give all or one of {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}."
            );
            return 2;
        }
        var faults = 0;
        foreach (var target in targets)
        {
            // A worker has no library that can say so, since what it was instrumented for is not there yet.
            if (Seeds.Of(target, seeds).Count == 0)
            {
                Console.Error.WriteLine($"{target.Name}: no folder of seeds holds a small {target.Extension} file.");
                return 2;
            }
            faults += Run(target, time / targets.Length, seed, output, seeds);
        }
        return faults > 0 ? 1 : 0;
    }

    /// <summary>A folder in memory where there is one, since a disk takes longer to replace an input than the library to take it.</summary>
    private static string WorkFolder() =>
        Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, $"fuzz{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("fuzz").FullName;

    private static int Run(FuzzTarget target, TimeSpan time, int seed, string output, string[] seeds)
    {
        var work = WorkFolder();
        var program = Instrumentation.Program();
        var clock = Stopwatch.StartNew();
        var findings = new Findings(output);
        try
        {
            while (clock.Elapsed < time)
            {
                var left = (time - clock.Elapsed).TotalSeconds.ToString(CultureInfo.InvariantCulture);
                var number = (seed++).ToString(CultureInfo.InvariantCulture);
                using var worker = Process.Start("dotnet", [program, "worker", target.Name, left, number, output, work, .. seeds]);
                worker.WaitForExit();
                if (worker.ExitCode == 0)
                    break;
                var (path, verdict) = (FuzzLoop.PathOf(target, work), Path.Combine(work, FuzzLoop.Verdict));
                var what = File.Exists(verdict)
                    ? File.ReadAllText(verdict)
                    : string.Create(CultureInfo.InvariantCulture, $"ended the process with {worker.ExitCode}");
                File.Delete(verdict);
                if (File.Exists(path))
                    findings.Add(target, File.ReadAllBytes(path), $"{what} #{seed}", what);
                Console.WriteLine($"{target.Name}: an input {what}");
            }
            var total = Directory
                .EnumerateFiles(work, FuzzLoop.Counts)
                .Sum(counts => long.Parse(File.ReadAllText(counts), CultureInfo.InvariantCulture));
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {total} inputs in {clock.Elapsed.TotalSeconds:0} s")
            );
            return findings.Count;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
