using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Plans;

/// <summary>A program that computes what was asked for, and the account of how.</summary>
internal sealed record CurvaturePlan
{
    /// <summary>The request.</summary>
    public required CurvatureRequest Request { get; init; }

    /// <summary>The loss on the model.</summary>
    public required LossHead Loss { get; init; }

    /// <summary>The targets, in the order in which they were asked for.</summary>
    public required ImmutableArray<Target> Targets { get; init; }

    /// <summary>
    /// The program: the model's inputs and the loss's target in; what was asked for out, under the names of
    /// <see cref="Outputs"/>, after the model's own outputs where these are kept.
    /// </summary>
    public required Program Program { get; init; }

    /// <summary>The names of the outputs that were asked for.</summary>
    public required ImmutableArray<string> Outputs { get; init; }

    /// <summary>The quantities of these outputs, in the same order, by the names of <see cref="Quantities.OutputName"/>.</summary>
    public required ImmutableArray<string> Results { get; init; }

    /// <summary>The names of those outputs, the model's own among them, that are given out with the opposite sign.</summary>
    public ImmutableArray<string> Negated { get; init; } = [];

    /// <summary>The name of the output that holds what a method computes.</summary>
    internal string OutputOf(WeightPlan method) => Outputs[Results.IndexOf(method.Quantity.OutputName(method.Target))];

    /// <summary>The names of those outputs that hold something for each sample, along the first axis.</summary>
    public required ImmutableArray<string> PerSample { get; init; }

    /// <summary>
    /// Where samples lie in the inputs of the program, by name: the model's own, the loss's target, directions and cotangents. Inputs
    /// without samples belong to all of them.
    /// </summary>
    public ImmutableDictionary<string, SampleLayout> InputLayouts { get; init; } = ImmutableDictionary<string, SampleLayout>.Empty;

    /// <summary>
    /// Where samples lie in the outputs that were asked for, by name. Results without samples are added up over batches; those of coupled
    /// samples belong to all samples of a batch together.
    /// </summary>
    public ImmutableDictionary<string, SampleLayout> ResultLayouts { get; init; } = ImmutableDictionary<string, SampleLayout>.Empty;

    /// <summary>The names of those outputs that batches do not weigh, though the loss be a mean.</summary>
    public ImmutableArray<string> Unweighted { get; init; } = [];

    /// <summary>
    /// The names of those standard errors in whose place the program gives two numbers a and b for each entry, [2, *result]: the square of
    /// the error is b − a², and both are linear in the directions.
    /// </summary>
    public ImmutableHashSet<string> Moments { get; init; } = [];

    /// <summary>The names of those inputs that were added of which every batch takes the whole: directions in weights.</summary>
    public ImmutableArray<string> WholeInputs { get; init; } = [];

    /// <summary>The program's input that takes the number of the batch, a 64-bit scalar; null where it has none.</summary>
    public Value? BatchNumber { get; init; }

    /// <summary>How each second-order quantity of each target is computed.</summary>
    public required ImmutableArray<WeightPlan> Methods { get; init; }

    /// <summary>Notes for the user, one sentence each.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>Estimated floating-point operations for one batch.</summary>
    public required double Flops { get; init; }

    /// <summary>Estimated peak of the values of one run, weights not counted, in bytes.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>This plan. Throws <see cref="UserErrorException"/> where not even single directions keep to what chunks may take.</summary>
    internal CurvaturePlan Within(PlanLimits limits) =>
        Methods.FirstOrDefault(method => method.ChunkSize == 1 && method.MemoryBytes > limits.MemoryBytes) is not { } large
            ? this
            : throw new UserErrorException(
                $"One direction of '{large.Target}' takes about {Math.Ceiling(large.MemoryBytes / (1 << 20))} MiB, and the limit is "
                    + $"{PlanLimits.Text(limits.MemoryBytes)}; allow more with --memory."
            );
}
