using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Cuts at which a sample has fewer entries than the output has directions: a Cholesky factor there gives fewer.</summary>
internal sealed class NarrowCuts(SampleProof proof, PlanLimits limits)
{
    /// <summary>Products in double take this many times as long as those in float32, two operations for an entry and a term.</summary>
    private const double DoubleFactor = 4;

    /// <summary>Operations, for an entry and a column of a Cholesky factor, that take as long as its elimination in double does.</summary>
    private const double EliminationFactor = 8;

    /// <summary>The memory of a Cholesky factor for each entry of its matrix, while it is made: five copies in double.</summary>
    private const double BytesOfAnEntry = 5 * sizeof(double);

    /// <summary>
    /// The directions of a Cholesky factor at a cut and what it takes to make it; null where there are no fewer than at the output, where
    /// it is not to be factorized, or where there is no memory for it.
    /// </summary>
    public (double Directions, double Flops)? At(Survey survey, Cut cut, Cut output, OutputHessianRoot root)
    {
        if (
            cut.Value.Type.Element != limits.Factorized
            || cut.Before < Math.Max(1, survey.PullBackEndpoint.Before)
            || !proof.OfOne(cut.Value).IsKnown
            || proof.Separate(cut.Value).IsSeparate != proof.InOutput.IsSeparate
            || cut == survey.PullBackEndpoint && survey.Rows is not null
        )
            return null;
        var (wide, narrow) = (limits.Size(root.Directions(proof.InOutput)), limits.Size(proof.OfOne(cut.Value).Elements));
        var samples = limits.Size(cut.Value.Type.Shape.Elements) / narrow;
        if (narrow >= wide || samples * narrow * narrow * BytesOfAnEntry > limits.MemoryBytes)
            return null;
        var entries = limits.Size(output.Value.Type.Shape.Elements);
        return (
            narrow,
            wide * (CandidateSearch.RootEntryFlops * entries + 2 * survey.Flops(cut, output))
                + samples * narrow * narrow * (DoubleFactor * wide + EliminationFactor * narrow)
        );
    }
}
