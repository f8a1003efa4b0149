namespace OnnxCurvature.Runtime.Results;

/// <summary>How far a run has come.</summary>
/// <param name="Fraction">The share of the estimated work that is done, from 0 to 1.</param>
/// <param name="Message">What is being done: <c>directions 320 of 1000</c>.</param>
public readonly record struct RunProgress(double Fraction, string Message);
