using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Tests.Data;

/// <summary>Progress that is handed on at once, on the thread that reports it.</summary>
internal sealed class ReportedTo(Action<RunProgress> report) : IProgress<RunProgress>
{
    public void Report(RunProgress value) => report(value);
}
