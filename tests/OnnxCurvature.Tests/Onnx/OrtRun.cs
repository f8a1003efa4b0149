using Microsoft.ML.OnnxRuntime;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Runs a model on ONNX Runtime.</summary>
internal static class OrtRun
{
    /// <summary>The outputs of a model, in order, for its inputs by name.</summary>
    public static IReadOnlyList<OrtValue> Run(
        string path,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyList<string>? outputs = null
    )
    {
        using var session = new InferenceSession(path, Options());
        return Run(session, inputs, outputs);
    }

    /// <summary>The outputs of a session, in order.</summary>
    public static IReadOnlyList<OrtValue> Run(
        InferenceSession session,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyList<string>? outputs = null
    )
    {
        using var run = new RunOptions();
        var given = session.InputMetadata.Keys.Where(inputs.ContainsKey).ToDictionary(name => name, name => inputs[name]);
        IReadOnlyList<OrtValue> results = [.. session.Run(run, given, [.. outputs ?? session.OutputNames])];
        // ONNX Runtime is given handles: a value that nothing else refers to would be freed under it.
        GC.KeepAlive(given);
        return results;
    }

    /// <summary>Options that do not log what a test provokes.</summary>
    public static SessionOptions Options() =>
        new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            IntraOpNumThreads = 1,
        };
}
