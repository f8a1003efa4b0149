namespace OnnxCurvature;

/// <summary>Notes on an exception which node of a model was being worked on, so that a report of a defect names it.</summary>
internal static class NodeTrace
{
    private const string Key = "OnnxCurvature.Node";

    /// <summary>
    /// Notes a node where none is noted yet, and returns false: as the filter of a catch clause it lets the exception pass.
    /// </summary>
    public static bool Note(Exception exception, Func<string> node)
    {
        if (!exception.Data.Contains(Key))
            exception.Data[Key] = node();
        return false;
    }

    /// <summary>The innermost node that was noted, or null.</summary>
    public static string? Of(Exception exception) => exception.Data[Key] as string;
}
