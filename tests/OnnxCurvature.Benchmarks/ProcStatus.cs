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
}
