using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Planning;

/// <summary>The directions and floating-point operations of the parts of a way to a diagonal.</summary>
/// <param name="proof">Where samples lie.</param>
/// <param name="limits">The sizes that dimensions are expected to have.</param>
internal sealed class CandidateCosts(SampleProof proof, PlanLimits limits)
{
    /// <summary>
    /// A Hessian-vector product takes about as much as this many forward passes: one for the tangent, one for the tangent of the backward
    /// pass, and what products of two values that both vary add.
    /// </summary>
    public const double ProductPasses = 2.5;

    /// <summary>
    /// Whether a region begins with the target itself, whose entries belong to all samples: its own directions do for any region.
    /// </summary>
    public bool StartsAtWeight(Cut from) => from.Before == 0 && !proof.Of(from.Value).IsSeparate;

    /// <summary>The entries of one sample of a value.</summary>
    public double Entries(Value value) => limits.Size(proof.OfOne(value).Elements);

    /// <summary>The entries of a target.</summary>
    public double TargetEntries(Target target) =>
        target.Value.Type.Shape is var shape && shape.Rank == 0 ? 1
        : target.IsPart ? (target.End - target.Start) * limits.Size(shape.Product(1, shape.Rank))
        : limits.Size(shape.Elements);

    /// <summary>For every cut, the operations and directions of all regions with curvature sources before it.</summary>
    public (double Flops, double Directions)[] Sources(Survey survey)
    {
        var sums = new (double Flops, double Directions)[survey.Cuts.Length];
        for (var index = 1; index < sums.Length; index++)
        {
            sums[index] = sums[index - 1];
            var (from, to) = (survey.Cuts[index - 1], survey.Cuts[index]);
            if (to.Kind == RegionKind.Linear)
                continue;
            if (StartsAtWeight(from))
            {
                var rows = to.Kind == RegionKind.Elementwise ? 0 : TargetEntries(survey.Target);
                sums[index] = (sums[index].Flops + rows * ProductPasses * survey.Flops(from, to), sums[index].Directions + rows);
                continue;
            }
            var own = Entries(from, survey);
            if (to.Kind == RegionKind.General)
                sums[index] = (
                    sums[index].Flops + own * (ProductPasses * survey.Flops(from, to) + 2 * Pull(survey, from)) + Contraction(survey, own),
                    sums[index].Directions + own
                );
            else if (survey.HasClosedForm(from))
                sums[index].Flops += Contraction(survey, 1);
            else
                sums[index] = (sums[index].Flops + own * Pull(survey, from) + Contraction(survey, own), sums[index].Directions + own);
        }
        return sums;
    }

    /// <summary>
    /// The directions of the square root of the output Hessian, or those that are pushed forward from the target's product where these are
    /// fewer.
    /// </summary>
    public double RootDirections(Survey survey, OutputHessianRoot root)
    {
        var directions = limits.Size(root.Directions(proof.InOutput));
        return
            limits.OneRunForEachChunk
            || survey.Entry is null
            || survey.PullBackEndpoint.Before == 0
            || !IsKnown(survey.PullBackEndpoint.Value)
            ? directions
            : Math.Min(directions, Entries(survey.PullBackEndpoint, survey));
    }

    /// <summary>The entries of one sample of a cut; of a product's output only those of the rows that are asked for.</summary>
    public double Entries(Cut cut, Survey survey)
    {
        var all = Entries(cut.Value);
        return cut == survey.PullBackEndpoint && survey.Rows is { } rows
            ? all / limits.Size(cut.Value.Type.Shape[1]) * (rows.End - rows.Start)
            : all;
    }

    /// <summary>The operations that pull a direction back from a cut to where the target's product takes it.</summary>
    public static double Pull(Survey survey, Cut cut) =>
        survey.PullBackEndpoint is var endpoint && endpoint.Before < cut.Before ? survey.Flops(endpoint, cut) : 0;

    /// <summary>The last contraction of directions at the target's product, directly or by Gram matrices.</summary>
    public double Contraction(Survey survey, double directions)
    {
        if (survey.Entry is not { } entry)
            return directions * limits.Size(survey.Target.Value.Type.Shape.Elements) * 2 * limits.Size(proof.Samples);
        var (positions, inner, output) = (
            limits.Size(entry.Product.Unfolded.Type.Shape[3]),
            limits.Size(entry.Product.Unfolded.Type.Shape[2]),
            limits.Size(entry.Node.Output.Type.Shape.Elements)
        );
        return positions <= 1
            ? output * (directions + 2 * inner)
            : 2 * output * Math.Min(inner * directions, positions * (directions + inner));
    }

    /// <summary>Whether the entries of one sample of a value can be counted.</summary>
    public bool IsKnown(Value value) => proof.OfOne(value).IsKnown;
}
