namespace OnnxCurvature;

/// <summary>
/// Bad input, reported to the user in one sentence: what is wrong, where, and what to do. Nothing has been written when it is thrown.
/// Names from files in the message are <see cref="Printable"/>.
/// </summary>
public class UserErrorException(string message) : Exception(Printable.Line(message));
