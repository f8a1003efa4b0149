using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Loads a model, checks data against it, and plans a run.</summary>
internal static class RunPreparation
{
    /// <summary>Plans a run of a request, or, where it is null, of an augmented file. Throws <see cref="UserErrorException"/>.</summary>
    public static PreparedRun Of(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress = null
    )
    {
        options.Interrupt?.Check();
        progress?.Report(RunProgress.Begin(RunPhase.Load));
        var clock = Stopwatch.StartNew();
        if (request?.TargetError is not null && options.Shard is not null)
            throw new UserErrorException(
                "--target-error takes as many probes as all of the data need, which no shard knows; give --probes in place of it."
            );
        OrtEnvironment.Start(options.OnnxRuntimePath);
        var (provider, why) = CudaProvider.Choose(options.Provider, options.Cuda);
        options = options with { Provider = provider };
        options = options with { PreparedBound = options.Bound, Preparing = progress ?? options.Preparing };
        var inputs = RunInputs.Resolve(
            new ModelSource(modelPath, request) { Dimensions = options.Dimensions, Limits = options.LoadLimits },
            data,
            options
        );
        // Reading the files takes about as long as all else before the run.
        var check = Task.Run(() => AugmentedMetadata.CheckWeightFiles(inputs.Model));
        var loaded = clock.Elapsed.TotalSeconds;
        progress?.Report(RunProgress.Begin(RunPhase.Plan));
        var plan = request is null ? AugmentedRun.Plan(inputs, options) : RequestedRun.Plan(inputs, request, options);
        check.GetAwaiter().GetResult();
        if (options.MachineForTimes is { } machine)
        {
            progress?.Report(RunProgress.Begin(RunPhase.Calibrate));
            machine();
        }
        var seconds = ImmutableDictionary<string, double>.Empty.Add("load", loaded).Add("plan", clock.Elapsed.TotalSeconds - loaded);
        plan.Check?.Follow(clock.Elapsed.TotalSeconds);
        var run = new PreparedRun(plan, options, data, seconds, new PlanFacts(plan, options, inputs.Model.Files), inputs.Given.Numbers)
        {
            ModelFiles = inputs.Model.Files,
            Nodes = WeightUse.NodesByWeight(inputs.Model.Graph),
            Notes = [.. plan.Notes, .. options.Bound.Notes, .. ProviderNotes(why, options, plan.Program)],
            Estimate = options.ChosenProvider == ExecutionProvider.Cpu ? plan.Estimated(options) : null,
        };
        options.Interrupt?.Check();
        options.Interrupt?.Finish();
        return run;
    }

    private static IEnumerable<string> ProviderNotes(string? why, CurvatureRunOptions options, Program program)
    {
        if (why is not null)
            yield return why;
        if (options.ChosenProvider != ExecutionProvider.Cuda)
            yield break;
        yield return CudaKernels.Forecast(program);
        if (options.Cuda.AllowTf32)
            yield return "TF32 is on, so products round their factors to ten bits.";
    }
}
