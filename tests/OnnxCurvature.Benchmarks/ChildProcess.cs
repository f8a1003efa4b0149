using System.Diagnostics;
using System.Globalization;

namespace OnnxCurvature.Benchmarks;

/// <summary>Runs a program in a process of its own and measures it from outside: from before its start to after its end.</summary>
internal static class ChildProcess
{
    /// <summary>The output of a process, how long it took, and the most memory that it was seen to hold.</summary>
    public sealed record Outcome(string Output, double Seconds, long PeakBytes)
    {
        /// <summary>The processor time that it was seen to take, on all cores.</summary>
        public required double CpuSeconds { get; init; }

        /// <summary>How many cores it kept at work in the mean.</summary>
        public double Cores => CpuSeconds / Seconds;

        /// <summary>The exit code.</summary>
        public required int ExitCode { get; init; }

        /// <summary>What it wrote to standard error.</summary>
        public required string Error { get; init; }
    }

    /// <summary>Runs a program. Throws <see cref="InvalidOperationException"/>, with what it said, where it fails.</summary>
    public static Outcome Run(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var outcome = Try(program, arguments, environment);
        return outcome.ExitCode == 0
            ? outcome
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Error.Trim()} {outcome.Output.Trim()}"
            );
    }

    /// <summary>Runs a program, whatever its exit code.</summary>
    public static Outcome Try(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var (peak, cpu) = (0L, 0.0);
        var id = process.Id.ToString(CultureInfo.InvariantCulture);
        // The mark only rises, so the last look before the end gives the peak but for what the last milliseconds add.
        while (!process.WaitForExit(10))
            (peak, cpu) = (Math.Max(peak, ProcStatus.PeakBytes(id) ?? 0), Math.Max(cpu, ProcStatus.CpuSeconds(id) ?? 0));
        var seconds = clock.Elapsed.TotalSeconds;
        process.WaitForExit();
        return new Outcome(output.Result, seconds, peak)
        {
            CpuSeconds = cpu,
            ExitCode = process.ExitCode,
            Error = error.Result,
        };
    }
}
