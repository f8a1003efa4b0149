using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli;

/// <summary>
/// Says which file is read. A pipe gives nothing until something is written to it, and a person must see what is waited for.
/// </summary>
internal static class ReadingProgress
{
    /// <summary>What is done before any file has its turn.</summary>
    public static RunProgress First { get; } = new(0, "reading files", RunPhase.Load);

    /// <summary>Reports that a file is read now.</summary>
    public static void Reading(this IProgress<RunProgress> progress, string path) =>
        progress.Report(new RunProgress(0, $"reading '{path}'", RunPhase.Load));
}
