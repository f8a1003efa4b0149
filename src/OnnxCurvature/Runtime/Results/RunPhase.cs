namespace OnnxCurvature.Runtime.Results;

/// <summary>A part of a run, in the order in which they come.</summary>
public enum RunPhase
{
    /// <summary>The model is read.</summary>
    Load,

    /// <summary>The way to each result is chosen, and its program is built.</summary>
    Plan,

    /// <summary>The speed of the machine is measured, where it is not known yet.</summary>
    Calibrate,

    /// <summary>The program runs, batch by batch.</summary>
    Run,

    /// <summary>Results are compared with what was computed in another way.</summary>
    Check,
}
