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
    /// <summary>How CUDA is used where it is.</summary>
    public CudaOptions Cuda { get; init; } = new();

    /// <summary>Whether to bind values on the CPU as on a device, so that what a device needs can be tried where there is none.</summary>
    public bool BindOnHost { get; init; }

    /// <summary>Whether values are bound, and stay on a device between sessions.</summary>
    public bool IsBound => Provider == "cuda" || BindOnHost;

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
        // What is placed where is logged on this level.
        if (IsBound && OrtEnvironment.IsHeard)
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_VERBOSE;
        if (Provider != "cuda")
            return options;
        try
        {
            CudaProvider.Append(options, Cuda);
        }
        catch (UserErrorException)
        {
            options.Dispose();
            throw;
        }
        return options;
    }
}
