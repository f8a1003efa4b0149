namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>For what kind of runtime an augmented file is written.</summary>
public enum AugmentProfile
{
    /// <summary>One run gives everything: chunks of directions run in loops of the file.</summary>
    SingleRun,

    /// <summary>
    /// No loops, and operators and opsets that most runtimes have: the caller makes a run for each chunk of directions, and adds up.
    /// </summary>
    Portable,
}

/// <summary>Names of profiles.</summary>
internal static class AugmentProfiles
{
    /// <summary>The name on the command line: <c>single-run</c>.</summary>
    public static string Name(this AugmentProfile profile) =>
        profile switch
        {
            AugmentProfile.SingleRun => "single-run",
            AugmentProfile.Portable => "portable",
            _ => throw new ArgumentOutOfRangeException(nameof(profile)),
        };
}
