using System.Globalization;

namespace OnnxCurvature.Benchmarks;

/// <summary>The figures of a process as Linux reports them.</summary>
internal static class ProcStatus
{
    /// <summary>The high-water mark of a process's resident memory; null where there is none to read.</summary>
    public static long? PeakBytes(string process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? null
                : 1024
                    * long.Parse(
                        line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal),
                        NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                        CultureInfo.InvariantCulture
                    );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The processor time of a process in seconds, on all cores; null where there is none to read.</summary>
    public static double? CpuSeconds(string process)
    {
        // utime and stime of proc_pid_stat(5), in ticks of a hundredth of a second, after the name in parentheses.
        const int user = 11;
        const double ticks = 100;
        try
        {
            var words = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return words.Length > user + 1
                ? words.Skip(user).Take(2).Sum(word => double.Parse(word, CultureInfo.InvariantCulture)) / ticks
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
