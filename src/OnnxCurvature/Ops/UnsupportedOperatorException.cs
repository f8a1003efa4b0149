namespace OnnxCurvature.Ops;

/// <summary>
/// Says that an operator, or a form of it, cannot be taken. The message is one sentence without the node's name; whoever
/// catches it adds the name and reports all such nodes of a model together.
/// </summary>
public sealed class UnsupportedOperatorException(string message) : Exception(message);
