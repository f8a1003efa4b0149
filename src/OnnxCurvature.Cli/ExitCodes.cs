namespace OnnxCurvature.Cli;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>All was done.</summary>
    public const int Success = 0;

    /// <summary>A check or a verification found results that do not agree.</summary>
    public const int Disagreement = 1;

    /// <summary>The input cannot be taken.</summary>
    public const int UserError = 2;

    /// <summary>A defect of the program; <c>EX_SOFTWARE</c> of sysexits.h.</summary>
    public const int InternalError = 70;

    /// <summary>Interrupted, as a shell reports it: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Terminated, as a shell reports it: 128 and the number of SIGTERM.</summary>
    public const int Terminated = 143;
}
