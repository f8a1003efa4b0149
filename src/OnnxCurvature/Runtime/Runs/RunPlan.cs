using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A program with data for it, and how its batches are put together.</summary>
/// <param name="Source">How the model was loaded.</param>
/// <param name="Program">The program.</param>
/// <param name="Join">How results of batches become one.</param>
/// <param name="Data">The data.</param>
internal sealed record RunPlan(ModelSource Source, Program Program, BatchJoin Join, DataSet Data)
{
    /// <summary>The program's input that takes the number of the batch; null where it has none.</summary>
    public Value? BatchNumber { get; init; }

    /// <summary>What the augmented file says that is run; null where a model is run for a request.</summary>
    public AugmentedMetadata? Augmented { get; init; }

    /// <summary>How each second-order quantity is computed; none for an augmented file.</summary>
    public ImmutableArray<WeightPlan> Methods { get; init; } = [];

    /// <summary>What the user should know: one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Estimated floating-point operations for one batch.</summary>
    public required double Flops { get; init; }

    /// <summary>Estimated peak of the values of one run, weights not counted, in bytes.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>What all sessions of the run share.</summary>
    public OrtSettings Settings(CurvatureRunOptions options) =>
        new(Source.Folder, options.Provider, options.Threads) { Cuda = options.Cuda };

    /// <summary>The bounds that the run keeps to.</summary>
    public static PlanLimits Limits(CurvatureRunOptions options, ModelSource source) =>
        new()
        {
            Provider = options.Provider,
            MemoryBytes = options.ChunkBytes ?? options.MemoryBytes,
            Dimensions = source.Dimensions,
            DefaultDimension = options.BatchSize ?? 1,
        };
}
