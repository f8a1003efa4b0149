using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime;

/// <summary>A program in an ONNX Runtime session of its own.</summary>
internal sealed class OrtProgram : IDisposable
{
    private readonly InferenceSession _session;

    /// <summary>Compiles a program. Weights are read from the model's folder.</summary>
    public OrtProgram(Program program, OrtSettings settings)
    {
        // What the planner made is lowered already; a file that is run as it is may not be.
        Program = program = Float64Lowering.Run(program, settings.Provider);
        var model = OnnxWriter.Serialize(program, settings.Folder);
        using var options = settings.SessionOptions(program);
        try
        {
            _session = new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException exception)
        {
            var reason = exception.Message.ReplaceLineEndings(" ").Trim();
            throw new UserErrorException(Float64Lowering.HoldsFloat64(program)
                ? $"ONNX Runtime cannot run the model in float64 ({reason}); run it in float32."
                : $"ONNX Runtime cannot run the program ({reason}).");
        }
    }

    /// <summary>The program.</summary>
    public Program Program { get; }

    /// <summary>The outputs, in the program's order, for values in the order of its parameters. The caller disposes of them.</summary>
    public IReadOnlyList<OrtValue> Run(IReadOnlyList<OrtValue> parameters, CancellationToken cancellation)
    {
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var stop = cancellation.Register(() => run.Terminate = true);
        try
        {
            return _session.Run(run, _session.InputNames, parameters, _session.OutputNames);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new UserErrorException($"ONNX Runtime could not go on with these data ({exception.Message.ReplaceLineEndings(" ").Trim()}); check their values, and give a smaller --memory where it is memory that was missing.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
