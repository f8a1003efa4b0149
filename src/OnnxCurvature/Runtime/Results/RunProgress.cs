namespace OnnxCurvature.Runtime.Results;

/// <summary>How far a run has come.</summary>
/// <param name="Fraction">The share of the phase's estimated work that is done, from 0 to 1.</param>
/// <param name="Message">The current step: <c>chunk 3 of 13</c>; empty where the phase says it all.</param>
/// <param name="Phase">The part of the run.</param>
public readonly record struct RunProgress(double Fraction, string Message, RunPhase Phase = RunPhase.Run)
{
    /// <summary>The beginning of a phase.</summary>
    public static RunProgress Begin(RunPhase phase) => new(0, "", phase);
}
