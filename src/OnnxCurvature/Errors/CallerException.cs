namespace OnnxCurvature;

/// <summary>What code of the caller threw that the library called. It is thrown to the caller as it was.</summary>
internal sealed class CallerException(Exception cause) : Exception(cause.Message, cause);
