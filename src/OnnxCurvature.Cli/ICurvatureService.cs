using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli;

/// <summary>The library as the commands see it. All methods throw <see cref="UserErrorException"/>.</summary>
internal interface ICurvatureService
{
    /// <summary>Says what there is to know of a model.</summary>
    InspectReport Inspect(
        string modelPath,
        ImmutableDictionary<string, long> dimensions,
        IReadOnlyDictionary<string, Tensor> fixedInputs,
        WorkLimits limits,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    );

    /// <summary>Writes an augmented model.</summary>
    AugmentReport Augment(string modelPath, CurvatureRequest request, string outPath, AugmentOptions options);

    /// <summary>Writes a model and its derivatives as CasADi finds them, and gives the paths.</summary>
    ImmutableArray<string> AugmentForCasadi(
        string modelPath,
        string outPath,
        AugmentOptions options,
        IReadOnlyDictionary<string, Tensor> fixedInputs
    );

    /// <summary>Plans a run; with no request the file is an augmented model.</summary>
    IPlannedRun Prepare(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress
    );

    /// <summary>The result of all shards of a run.</summary>
    CurvatureResult Merge(IReadOnlyList<string> shards);

    /// <summary>Checks a run's results at sampled entries.</summary>
    CheckReport Verify(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        int samples,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    );
}

/// <summary>A run that has not begun.</summary>
internal interface IPlannedRun
{
    /// <summary>The files that the model is read from.</summary>
    ImmutableArray<string> ModelFiles { get; }

    /// <summary>The report to the user before it begins.</summary>
    PlanOverview Plan { get; }

    /// <summary>Runs.</summary>
    CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation);

    /// <summary>Runs the shard that is asked for and writes it to a file. Gives how much was computed.</summary>
    string RunShard(string path, IProgress<RunProgress>? progress, CancellationToken cancellation);
}

/// <summary>A plan as it is shown.</summary>
/// <param name="Methods">How each second-order quantity is computed; none for an augmented file.</param>
/// <param name="Notes">One sentence each.</param>
/// <param name="Batches">The number of batches, or null where nothing is run.</param>
/// <param name="Flops">Floating-point operations of one batch, or null where they are not reported.</param>
/// <param name="MemoryBytes">Peak memory of the values of one batch, or null where it is not reported.</param>
/// <param name="Estimate">The expected time of all batches and peak of the process, or null where none is reported.</param>
internal sealed record PlanOverview(
    ImmutableArray<WeightPlan> Methods,
    ImmutableArray<string> Notes,
    int? Batches,
    double? Flops,
    double? MemoryBytes,
    (double Seconds, double PeakBytes)? Estimate
)
{
    /// <summary>The nodes that use each weight, by the weight's name.</summary>
    public IReadOnlyDictionary<string, string> Nodes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The nodes that use the weight of which a target is the whole or a part; empty where none does.</summary>
    public string NodeOf(string target) => Nodes.GetValueOrDefault(target) ?? Nodes.GetValueOrDefault(target.Split('[')[0]) ?? "";
}
