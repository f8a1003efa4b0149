using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>The result of an analysis: the loss, and the curvature of each weight.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Request">The loss, its reduction and the other choices of the request.</param>
/// <param name="Options">The time and the method that the analysis was given.</param>
/// <param name="Loss">The loss over all samples.</param>
/// <param name="Samples">The number of samples.</param>
/// <param name="Layers">The weights, in the order of the graph.</param>
/// <param name="LeftOut">The weights that have no diagonal, and why: a sentence.</param>
/// <param name="Notes">Remarks for the user, one sentence each.</param>
/// <param name="Checks">The findings of the runs' checks; those of the exact diagonals first.</param>
/// <param name="Seconds">How long the runs took.</param>
public sealed record NetworkCurvature(
    string Model,
    CurvatureRequest Request,
    AnalysisOptions Options,
    double Loss,
    long Samples,
    ImmutableArray<LayerCurvature> Layers,
    ImmutableArray<(string Weight, string Reason)> LeftOut,
    ImmutableArray<string> Notes,
    ImmutableArray<CheckReport> Checks,
    double Seconds
)
{
    /// <summary>The curvature of a weight, by its name.</summary>
    /// <exception cref="KeyNotFoundException">The weight was not analyzed; the message says why, where it was left out.</exception>
    public LayerCurvature this[string weight] =>
        Layers.FirstOrDefault(layer => layer.Weight == weight)
        ?? throw new KeyNotFoundException(
            LeftOut.FirstOrDefault(left => left.Weight == weight) is { Reason: not null } left
                ? $"'{weight}' was left out: {left.Reason}"
                : $"'{weight}' was not analyzed; name it in WithRespectTo."
        );

    /// <summary>The analysis it comes of, for further runs over its data. Throws <see cref="ArgumentException"/> without one.</summary>
    internal PreparedAnalysis Prepared
    {
        get => field ?? throw PutTogether();
        init;
    }

    /// <summary>The versions and files that the numbers come of. Throws <see cref="ArgumentException"/> without an analysis.</summary>
    internal Provenance Provenance
    {
        get => field ?? throw PutTogether();
        init;
    }

    /// <summary>The error of a curvature that a program has put together itself.</summary>
    private static ArgumentException PutTogether() => new("The curvature does not come from CurvatureModel.Analyze, which knows its data.");
}
