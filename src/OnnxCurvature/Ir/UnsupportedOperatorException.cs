namespace OnnxCurvature.Ir;

/// <summary>
/// Says that an operator, or a form of it, cannot be taken. The message is one sentence without the node's name; whoever
/// catches it adds the name and reports all such nodes of a model together.
/// </summary>
/// <param name="message">The sentence.</param>
/// <param name="unknown">An input that could be taken if its elements were known before anything runs; null where none is missing.</param>
internal sealed class UnsupportedOperatorException(string message, Value? unknown = null) : Exception(message)
{
    /// <summary>An input that could be taken if its elements were known before anything runs; null where none is missing.</summary>
    public Value? Unknown => unknown;
}
