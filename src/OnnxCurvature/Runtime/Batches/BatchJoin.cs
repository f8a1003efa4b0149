using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>How the results of several batches become one, in double precision.</summary>
/// <param name="Averages">Whether each batch weighs by its share of the samples; else results are added.</param>
/// <param name="PerSample">The outputs that hold something for each sample along the first axis: these are laid one after the
/// other.</param>
/// <param name="Unweighted">The outputs that are not weighed.</param>
internal sealed record BatchJoin(bool Averages, ImmutableHashSet<string> PerSample, ImmutableHashSet<string> Unweighted)
{
    /// <summary>The factor of a batch's part of an output.</summary>
    /// <param name="name">The output.</param>
    /// <param name="share">The batch's share of the samples.</param>
    public double Weight(string name, double share) => Averages && !Unweighted.Contains(name) ? share : 1;

    /// <summary>
    /// Whether batches are estimated with random numbers of their own, so that the squares of standard errors add up; else the errors
    /// themselves do, which bounds that of the sum.
    /// </summary>
    public bool Independent { get; init; }

    /// <summary>The standard errors in whose place a run gives moments (<see cref="Batches.Moments"/>).</summary>
    public ImmutableHashSet<string> Moments { get; init; } = [];

    /// <summary>How batches are put together in an output.</summary>
    public JoinKind KindOf(string name)
    {
        if (PerSample.Contains(name))
            return Moments.Contains(name) ? JoinKind.PerSampleErrors : JoinKind.PerSample;
        if (Moments.Contains(name))
            return JoinKind.Errors;
        return Independent && Quantities.OfOutput(name)?.Quantity.EstimateOfError() is not null ? JoinKind.Squares : JoinKind.Sum;
    }
}

/// <summary>How the parts of an output become the whole.</summary>
internal enum JoinKind
{
    /// <summary>They are added.</summary>
    Sum,

    /// <summary>Their squares are added, and the root of the sum is taken.</summary>
    Squares,

    /// <summary>Those of batches are laid one after the other, and those of one batch are added.</summary>
    PerSample,

    /// <summary>
    /// They are moments of directions: those of a batch are added and give a standard error, and of batches the squares of these are added.
    /// </summary>
    Errors,

    /// <summary>They are moments of directions, of which batches lay standard errors one after the other.</summary>
    PerSampleErrors,
}
