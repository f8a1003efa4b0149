using System.Diagnostics;
using System.Globalization;

namespace OnnxCurvature.Fuzz;

/// <summary>Mutates inputs and gives them to a target, over and over; inputs that reach something new are mutated further.</summary>
/// <param name="target">The target.</param>
/// <param name="seeds">The inputs to begin with.</param>
/// <param name="findings">Takes the faults.</param>
/// <param name="folder">Holds the input that is being taken, so that it outlives the process.</param>
internal sealed class FuzzLoop(FuzzTarget target, IReadOnlyList<byte[]> seeds, Findings findings, string folder)
{
    /// <summary>The file in the folder that says why the watchdog ended the process.</summary>
    public const string Verdict = "verdict";

    /// <summary>The pattern of the files in the folder that count the inputs which processes have taken.</summary>
    public const string Counts = "count-*";

    private const int CountedAtOnce = 100;
    private const int LongestInput = 1 << 16;
    private const int LargestQueue = 4096;

    private readonly Watchdog _watchdog = new(Path.Combine(folder, Verdict));
    private readonly Coverage _coverage = new();
    private readonly string _path = PathOf(target, folder);

    /// <summary>Where the input is that is being taken.</summary>
    public static string PathOf(FuzzTarget target, string folder) => Path.Combine(folder, $"{target.Name}{target.Extension}");

    /// <summary>Fuzzes for a time.</summary>
    public void Run(TimeSpan time, int seed)
    {
        var random = new Random(seed);
        var queue = seeds.ToList();
        var mutator = new ModelMutator(random, seeds);
        var clock = Stopwatch.StartNew();
        _watchdog.Start();
        var counts = Path.Combine(folder, Counts.Replace("*", $"{seed}", StringComparison.Ordinal));
        for (long count = 0; clock.Elapsed < time; count++)
        {
            if (count % CountedAtOnce == 0)
                File.WriteAllText(counts, count.ToString(CultureInfo.InvariantCulture));
            var parent = queue[random.Next(queue.Count)];
            var input = target.IsModel ? mutator.Mutate(parent) : ByteMutator.Mutate(random, parent);
            if (input.Length > LongestInput)
                continue;
            _coverage.Clear();
            var fault = Take(input);
            if (fault is not null)
                Keep(input, fault);
            else if (_coverage.IsNew() && queue.Count < LargestQueue)
                queue.Add(input);
        }
    }

    private Exception? Take(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        _watchdog.Begin();
        return target.Fault(_path);
    }

    private void Keep(byte[] input, Exception fault)
    {
        var kind = Findings.KindOf(fault);
        if (!findings.IsNew(target, kind))
            return;
        var least = Minimizer.Minimize(input, target.IsModel, candidate => Take(candidate) is { } same && Findings.KindOf(same) == kind);
        findings.Add(target, least, kind, fault.ToString());
        Console.WriteLine($"{target.Name}: {kind} ({least.Length} bytes)");
    }
}
