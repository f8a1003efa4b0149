namespace OnnxCurvature;

/// <summary>A defect of this library. The message names the node of the model that was being worked on, where there was one.</summary>
public sealed class InternalErrorException : Exception
{
    /// <summary>The defect that an exception nobody expected shows.</summary>
    public InternalErrorException(Exception cause)
        : base(Describe(cause), cause) { }

    private static string Describe(Exception cause) =>
        $"{(NodeTrace.Of(cause) is { } node ? $"at {node}" : "in the program")}: {cause.Message.TrimEnd('.')} ({cause.GetType().Name})";
}
