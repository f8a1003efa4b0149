namespace OnnxCurvature.Fuzz;

/// <summary>
/// A target of fuzzing takes a file as the library does. <see cref="UserErrorException"/> is the right answer to a file that cannot be
/// taken; any other exception is a finding.
/// </summary>
/// <param name="Name">The name on the command line, and the folder of its corpus.</param>
/// <param name="Extension">How its files end.</param>
/// <param name="Take">Takes the file of a path.</param>
internal sealed record FuzzTarget(string Name, string Extension, Action<string> Take)
{
    /// <summary>Whether inputs are ONNX models, which are mutated as such.</summary>
    public bool IsModel => Extension == ".onnx";

    /// <summary>Whether an input takes milliseconds, so that tests can replay all of them.</summary>
    public bool IsQuick => Name is not ("run" or "augmented");

    /// <summary>The fault in how a file is taken, or null.</summary>
    public Exception? Fault(string path)
    {
        try
        {
            Take(path);
            return null;
        }
        catch (UserErrorException)
        {
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
