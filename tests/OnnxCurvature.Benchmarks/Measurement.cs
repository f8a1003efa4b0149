using System.Collections.Immutable;
using System.Text.Json;

namespace OnnxCurvature.Benchmarks;

/// <summary>The measurement of a process. The peer prints the same.</summary>
/// <param name="Seconds">The time of each repetition.</param>
/// <param name="Flops">Floating-point operations of one repetition by the plan or by count; 0 where nobody counts them.</param>
/// <param name="Norm">The Euclidean norm of the result, by which contenders are held to compute the same; 0 where there is no such
/// result.</param>
/// <param name="PeakBytes">The most memory that the process held.</param>
/// <param name="ManagedBytes">The most memory that lay on the managed heap, where that is asked for.</param>
/// <param name="FileBytes">The size of the file that was written, where one was.</param>
internal sealed record Measurement(
    ImmutableArray<double> Seconds,
    double Flops,
    double Norm,
    long PeakBytes,
    long ManagedBytes = 0,
    long FileBytes = 0
)
{
    /// <summary>Of a measurement that infers the time of all work from a part of it: the seconds of the part.</summary>
    public double Measured { get; init; }

    /// <summary>A remark; null for none.</summary>
    public string? Further { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>One line of JSON.</summary>
    public string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>The last line of what a process printed.</summary>
    public static Measurement Read(string output) =>
        JsonSerializer.Deserialize<Measurement>(output.TrimEnd().Split('\n')[^1], Json)
        ?? throw new InvalidDataException("The process printed no measurement.");

    /// <summary>The most memory that this process has held.</summary>
    public static long OwnPeak() => ProcStatus.PeakBytes("self") ?? System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64;
}
