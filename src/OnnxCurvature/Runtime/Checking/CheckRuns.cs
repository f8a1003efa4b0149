using OnnxCurvature.Methods.Checking;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>The factor of a direction of a check, and the errors of its tangents.</summary>
/// <param name="Factor">The factor.</param>
/// <param name="Amplitude">The relative size of the errors.</param>
/// <param name="Frequency">Which errors: a positive integer.</param>
internal readonly record struct Variation(double Factor, double Amplitude = 0, int Frequency = 1);

/// <summary>The programs of a check, each made when it is first asked for.</summary>
internal sealed class CheckRuns(Func<CheckedRounding, CheckRun> create) : IDisposable
{
    private readonly Dictionary<CheckedRounding, CheckRun> _runs = [];

    /// <summary>The program that rounds in some way.</summary>
    public CheckRun this[CheckedRounding rounding]
    {
        get
        {
            if (!_runs.TryGetValue(rounding, out var run))
                _runs[rounding] = run = create(rounding);
            return run;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in _runs.Values)
            run.Dispose();
    }
}
