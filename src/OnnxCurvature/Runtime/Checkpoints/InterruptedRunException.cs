namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>A run was interrupted, and what it had done is in a file from which it can go on.</summary>
/// <param name="path">The file.</param>
/// <param name="progress">How much is done.</param>
/// <param name="cancellation">The cancellation that interrupted it.</param>
internal sealed class InterruptedRunException(string path, string progress, CancellationToken cancellation)
    : OperationCanceledException($"'{path}' keeps {progress}; give the same command with --resume to go on.", cancellation);
