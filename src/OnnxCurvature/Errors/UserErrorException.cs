namespace OnnxCurvature;

/// <summary>
/// Bad input, told to the user in one sentence: what is wrong, where, and what to do. Nothing has been written when it is thrown.
/// </summary>
public class UserErrorException(string message) : Exception(message);
