namespace OnnxCurvature.Runtime.Results;

/// <summary>
/// The check of a run disagrees with it, so that there is no result that could be trusted. It is a defect of this library.
/// </summary>
public sealed class DisagreementException : Exception
{
    /// <summary>An exception for a report that holds entries that do not agree.</summary>
    public DisagreementException(CheckReport report)
        : base(
            $"{report.Entries.Count(entry => !entry.Agrees)} of {report.Entries.Length} checked entries differ"
                + " from the plain derivative of the graph by more than rounding explains."
        ) => Report = report;

    /// <summary>The findings of the check.</summary>
    public CheckReport Report { get; }
}
