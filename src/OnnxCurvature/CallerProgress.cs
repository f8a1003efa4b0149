using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature;

/// <summary>The caller's receiver of progress, of which exceptions are told apart from the library's own.</summary>
internal sealed class CallerProgress : IProgress<RunProgress>
{
    private readonly IProgress<RunProgress> _progress;

    private CallerProgress(IProgress<RunProgress> progress) => _progress = progress;

    /// <summary>A receiver that calls another; null for none.</summary>
    public static CallerProgress? Of(IProgress<RunProgress>? progress) => progress is null ? null : new CallerProgress(progress);

    /// <inheritdoc/>
    public void Report(RunProgress value)
    {
        try
        {
            _progress.Report(value);
        }
        catch (Exception exception)
        {
            throw new CallerException(exception);
        }
    }
}
