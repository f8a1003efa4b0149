namespace OnnxCurvature;

/// <summary>Recognizes errors that come of too little memory, whatever they are wrapped in.</summary>
internal static class Scarcity
{
    /// <summary>
    /// Whether an exception comes of memory that cannot be had. Without address space .NET cannot load one of its own libraries, which is
    /// no defect of anybody's.
    /// </summary>
    public static bool IsCauseOf(Exception exception)
    {
        for (var at = exception; at is not null; at = at.InnerException)
            if (
                at is OutOfMemoryException
                || at is DllNotFoundException && at.Message.Contains("failed to map segment", StringComparison.Ordinal)
            )
                return true;
        return false;
    }
}
