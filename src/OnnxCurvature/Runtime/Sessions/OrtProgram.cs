using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>A program in an ONNX Runtime session of its own.</summary>
internal sealed class OrtProgram : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtIoBinding? _binding;
    private readonly OrtMemoryInfo? _device;
    private readonly OrtValue?[] _bound = [];
    private readonly RunTimeShapes? _shapes;
    private readonly SessionProfiles? _profiles;
    private readonly long _begin;
    private readonly bool _givesBack;
    private readonly Func<bool> _stopForMemory;
    private long _recorded;

    /// <summary>Compiles a program. Weights are read from the model's folder.</summary>
    public OrtProgram(Program program, OrtSettings settings)
    {
        // A program of the planner is lowered already; a file that is run as it is may not be.
        Program = program = Pipeline.Lowering(settings.Provider).Run(program);
        if (settings.FoldsNorms(program))
            Program = program = Pipeline.FoldedNorms.Run(program);
        // A program whose values are bound to a device stays as it is: shapes would have to be bound there for every run.
        if (!settings.IsBound)
            _shapes = RunTimeShapes.Of(program);
        using var options = settings.SessionOptions(program);
        var model = OnnxWriter.Serialize(
            _shapes?.Program ?? program,
            settings.Folder,
            referenced: weight => settings.Weights?.Share(options, weight)
        );
        (_profiles, _givesBack, _stopForMemory) = (settings.Profiles, settings.GivesBackUnused, settings.StopForMemory);
        _begin = _profiles?.Begin(options) ?? 0;
        try
        {
            if (!settings.IsBound)
            {
                _session = new InferenceSession(model, options);
                return;
            }
            InferenceSession? session = null;
            Placement = NodePlacement.Read(OrtEnvironment.Listen(() => session = new InferenceSession(model, options)));
            _session = session!;
            _binding = _session.CreateIoBinding();
            _device = settings.Provider == ExecutionProvider.Cuda ? CudaProvider.Memory(settings.Cuda) : OrtMemoryInfo.DefaultInstance;
            _bound = new OrtValue?[_session.InputNames.Count];
        }
        catch (OnnxRuntimeException exception) when (IsOutOfMemory(exception) && _stopForMemory())
        {
            throw new OperationCanceledException();
        }
        catch (OnnxRuntimeException exception)
        {
            var reason = exception.Message.ReplaceLineEndings(" ").Trim();
            throw new UserErrorException(
                Float64Lowering.HoldsFloat64(program)
                    ? $"ONNX Runtime cannot run the model in float64 ({reason}); run it in float32."
                    : $"ONNX Runtime cannot run the program ({reason})."
            );
        }
    }

    /// <summary>The program.</summary>
    public Program Program { get; }

    /// <summary>Where the nodes run; null where all run on the CPU because nothing else was asked for, or where it is not known.</summary>
    public NodePlacement? Placement { get; }

    /// <summary>Whether outputs stay in the memory of a device unless they are asked for on the host.</summary>
    public bool IsOnDevice => _binding is not null;

    /// <summary>
    /// The outputs, in the program's order, for values in the order of its parameters. The caller disposes of them.
    /// </summary>
    /// <param name="parameters">The values, each on the host or on the device.</param>
    /// <param name="onHost">Which outputs are to be readable here; the others may stay on the device.</param>
    /// <param name="cancellation">Ends the run.</param>
    public IReadOnlyList<OrtValue> Run(IReadOnlyList<OrtValue> parameters, Func<int, bool> onHost, CancellationToken cancellation)
    {
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        if (_givesBack)
            run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        using var stop = cancellation.Register(() => run.Terminate = true);
        try
        {
            var values = _binding is null
                ? _session.Run(run, _session.InputNames, [.. parameters, .. _shapes!.Values], _session.OutputNames)
                : RunOnDevice(run, parameters, onHost);
            // ONNX Runtime is given handles: a value that nothing else refers to would be freed under it.
            GC.KeepAlive(parameters);
            Record();
            return values;
        }
        catch (OnnxRuntimeException exception)
        {
            if (IsOutOfMemory(exception) && _stopForMemory() || cancellation.IsCancellationRequested)
                throw new OperationCanceledException(cancellation);
            throw new UserErrorException(
                $"ONNX Runtime could not go on with these data ({exception.Message.ReplaceLineEndings(" ").Trim()}); check their "
                    + $"values, and give a smaller --memory where it is memory that was missing."
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_recorded < SessionProfiles.MostNodes)
            EndRecording();
        _shapes?.Dispose();
        _binding?.Dispose();
        if (_device != OrtMemoryInfo.DefaultInstance)
            _device?.Dispose();
        _session.Dispose();
    }

    /// <summary>Counts what a run has added to the profile, which ends where it holds enough.</summary>
    private void Record()
    {
        if (_profiles is null)
            return;
        var nodes = Math.Max(1, Program.Nodes.Length);
        if (Interlocked.Add(ref _recorded, nodes) is var all && all >= SessionProfiles.MostNodes && all - nodes < SessionProfiles.MostNodes)
            EndRecording();
    }

    private void EndRecording() => _profiles?.End(_session, $"{Program.Nodes.Length} nodes, for {Program.Outputs.Length} values", _begin);

    /// <summary>Whether a pool came to its limit, or the system gave no more memory.</summary>
    private static bool IsOutOfMemory(OnnxRuntimeException exception) =>
        exception.Message.Contains("Available memory of", StringComparison.Ordinal)
        || exception.Message.Contains("Failed to allocate memory", StringComparison.Ordinal);

    private IDisposableReadOnlyCollection<OrtValue> RunOnDevice(
        Microsoft.ML.OnnxRuntime.RunOptions run,
        IReadOnlyList<OrtValue> parameters,
        Func<int, bool> onHost
    )
    {
        // Binding an input copies it to the device where it is not there yet, so one that stays the same is bound once.
        for (var index = 0; index < parameters.Count; index++)
            if (!ReferenceEquals(_bound[index], parameters[index]))
            {
                _binding!.BindInput(_session.InputNames[index], parameters[index]);
                _bound[index] = parameters[index];
            }
        for (var index = 0; index < _session.OutputNames.Count; index++)
            _binding!.BindOutputToDevice(_session.OutputNames[index], onHost(index) ? OrtMemoryInfo.DefaultInstance : _device!);
        return _session.RunWithBoundResults(run, _binding!);
    }
}
