using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The facts that follow from a plan and from files that are never read anew. Each is found once for all runs of the plan.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="options">How runs are carried out.</param>
/// <param name="modelFiles">The full paths of the files that the model is read from.</param>
internal sealed class PlanFacts(RunPlan plan, CurvatureRunOptions options, ImmutableArray<string> modelFiles)
{
    private readonly Lazy<OrtSettings> _settings = new(() => plan.Settings(options));

    private readonly Lazy<PoolSize?> _pool = new(() => options.ChosenProvider == ExecutionProvider.Cpu ? plan.Pool(options) : null);

    private readonly Lazy<bool> _sharesWeights = new(() => plan.SharesWeights(options));

    private readonly Lazy<string> _program = new(() => ContentDigest.Of(OnnxWriter.Serialize(plan.Program, plan.Source.Folder)));

    private readonly Lazy<ImmutableArray<(string Path, string Digest)>> _files = new(() =>
        [.. modelFiles.Select(file => (file, ContentDigest.Of(file)))]
    );

    /// <summary>The resources that all sessions share.</summary>
    public OrtSettings Settings => _settings.Value;

    /// <summary>The pool of memory of the sessions; null where there is none.</summary>
    public PoolSize? Pool => _pool.Value;

    /// <summary>Whether weights stay mapped for all sessions.</summary>
    public bool SharesWeights => _sharesWeights.Value;

    /// <summary>The digest of the program.</summary>
    public string Program => _program.Value;

    /// <summary>The files that the model is read from, with their digests.</summary>
    public ImmutableArray<(string Path, string Digest)> Files => _files.Value;
}
