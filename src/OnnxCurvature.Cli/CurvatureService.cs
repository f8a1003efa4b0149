using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli;

/// <summary>The library itself.</summary>
internal sealed class CurvatureService : ICurvatureService
{
    /// <inheritdoc/>
    public InspectReport Inspect(
        string modelPath,
        ImmutableDictionary<string, long> dimensions,
        IReadOnlyDictionary<string, Tensor> fixedInputs,
        WorkLimits limits,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => CurvatureEngine.Inspect(modelPath, dimensions, fixedInputs, limits, progress, cancellation);

    /// <inheritdoc/>
    public AugmentReport Augment(string modelPath, CurvatureRequest request, string outPath, AugmentOptions options) =>
        CurvatureEngine.Augment(modelPath, request, outPath, options);

    /// <inheritdoc/>
    public ImmutableArray<string> AugmentForCasadi(
        string modelPath,
        string outPath,
        AugmentOptions options,
        IReadOnlyDictionary<string, Tensor> fixedInputs
    ) => CurvatureEngine.AugmentForCasadi(modelPath, outPath, options, fixedInputs);

    /// <inheritdoc/>
    public IPlannedRun Prepare(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress
    ) => new Planned(CurvatureEngine.Prepare(modelPath, request, data, options, progress));

    /// <inheritdoc/>
    public CurvatureResult Merge(IReadOnlyList<string> shards) => CurvatureEngine.Merge(shards);

    /// <inheritdoc/>
    public CheckReport Verify(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        int samples,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => CurvatureEngine.Verify(modelPath, request, data, options, samples, seed, progress, cancellation);

    private sealed class Planned(PreparedRun run) : IPlannedRun
    {
        public ImmutableArray<string> ModelFiles => run.ModelFiles;

        public PlanOverview Plan =>
            new(run.Methods, run.Notes, run.Batches, run.Flops, run.MemoryBytes, run.Estimate) { Nodes = run.Nodes };

        public CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation) => run.Run(progress, cancellation);

        public string RunShard(string path, IProgress<RunProgress>? progress, CancellationToken cancellation) =>
            run.RunShard(path, progress, cancellation);
    }
}
