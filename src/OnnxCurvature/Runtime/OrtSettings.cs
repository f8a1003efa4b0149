using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime;

/// <summary>What all sessions of a run share.</summary>
/// <param name="Folder">Where external weights lie.</param>
/// <param name="Provider"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Threads">Threads within an operator; 0 takes the number of cores.</param>
internal sealed record OrtSettings(string Folder, string Provider, int Threads)
{
    /// <summary>Options for a session. Throws <see cref="UserErrorException"/> for a provider that cannot be had.</summary>
    public SessionOptions SessionOptions(Program program)
    {
        var options = new SessionOptions
        {
            // The extended level fuses into operators that exist in float32 only.
            GraphOptimizationLevel = Float64Lowering.HoldsFloat64(program)
                ? GraphOptimizationLevel.ORT_ENABLE_BASIC
                : GraphOptimizationLevel.ORT_ENABLE_ALL,
            // Errors come as exceptions, which are told in sentences of ours.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        if (Threads > 0)
            options.IntraOpNumThreads = Threads;
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Folder);
        if (Provider == "cuda")
            AppendCuda(options);
        else if (Provider != "cpu")
            throw new UserErrorException($"The provider '{Provider}' is unknown; give --provider cpu or --provider cuda.");
        return options;
    }

    private static void AppendCuda(SessionOptions options)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            // TF32 rounds to ten bits, too few for second derivatives.
            cuda.UpdateOptions(new Dictionary<string, string> { ["use_tf32"] = "0" });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            options.Dispose();
            throw new UserErrorException($"The CUDA provider cannot be had from this ONNX Runtime ({exception.Message.ReplaceLineEndings(" ").Trim()}); build with -p:OnnxRuntimeFlavor=gpu on a machine with CUDA, or give --provider cpu.");
        }
    }
}
