using System.Globalization;
using System.Runtime.InteropServices;

namespace OnnxCurvature.Benchmarks;

/// <summary>The machine and the versions that figures depend on.</summary>
internal static class Machine
{
    /// <summary>The machine and the software, one fact a line.</summary>
    public static IEnumerable<string> Describe(Workspace workspace)
    {
        yield return $"Processor: {Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString()}, "
            + $"{Environment.ProcessorCount} cores";
        yield return $"Memory: {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30):0.0} GiB";
        yield return $"System: {Line("/etc/os-release", "PRETTY_NAME")?.Trim('"') ?? RuntimeInformation.OSDescription}, "
            + RuntimeInformation.FrameworkDescription;
        yield return $"ONNX Runtime {Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString()}";
        yield return workspace.PeerVersion is { } version
            ? $"PyTorch {version}, in an environment of {workspace.PeerEnvironment}"
            : "No PyTorch, so there is no peer";
    }

    /// <summary>How many processes wanted to run in the last minute; on a machine at rest it is near zero.</summary>
    public static double Load() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    private static string? Line(string file, string key) =>
        File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', '=')[^1].Trim()
            : null;
}
