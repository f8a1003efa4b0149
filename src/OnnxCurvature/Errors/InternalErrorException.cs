namespace OnnxCurvature;

/// <summary>
/// A defect of this library, which programs see as an <see cref="InvalidOperationException"/>. The message names the node of the model that
/// was being worked on, where there was one.
/// </summary>
internal sealed class InternalErrorException : InvalidOperationException
{
    /// <summary>The defect that an exception nobody expected shows.</summary>
    public InternalErrorException(Exception cause)
        : base(Describe(cause), cause) { }

    private static string Describe(Exception cause) =>
        $"{(NodeTrace.Of(cause) is { } node ? $"at {node}" : "in the program")}: {cause.Message.TrimEnd('.')} ({cause.GetType().Name})";
}
