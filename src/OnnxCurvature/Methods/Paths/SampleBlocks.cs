using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Paths;

/// <summary>Finds targets of which the Hessian has a block for each sample and zeros elsewhere.</summary>
internal sealed class SampleBlocks(LossHead head, SampleProof proof)
{
    /// <summary>
    /// How the samples lie in a target of which the Hessian has a block for each of them and zeros elsewhere; none where that is not
    /// proven, or no samples lie in it.
    /// </summary>
    public SampleLayout Of(Target target)
    {
        var samples = proof.Of(target.Value);
        if (!samples.IsSeparate || target.IsPart && samples != SampleLayout.At(0))
            return SampleLayout.None;
        // A loss of a known form is a sum over samples in its output, whatever nodes it is computed by.
        var end = head.Root is null || proof.InOutput.IsCoupled ? head.Loss : head.Output;
        var from = new HashSet<Value> { target.Value };
        var nodes = CurvatureAnalysis.Run(GraphWalk.Between(from, [end]), from);
        return proof.Obstacles([.. nodes]).After(0) is null ? samples : SampleLayout.None;
    }

    /// <summary>
    /// Whether the Hessian of a target holds entries of several samples together, so that it is none of single batches: samples lie in the
    /// target, and no block for each of them is proven.
    /// </summary>
    public bool AreJoint(Target target) => !proof.Of(target.Value).IsNone && !Of(target).IsSeparate;

    /// <summary>Whether the block of two targets holds entries of several samples together.</summary>
    public bool AreJoint(TargetPair pair) => Of(pair) is null && !(proof.Of(pair.First.Value).IsNone && proof.Of(pair.Second.Value).IsNone);

    /// <summary>How the samples lie in two targets of which the Hessian has a block for each; null where there is one block.</summary>
    public (SampleLayout First, SampleLayout Second)? Of(TargetPair pair) =>
        !pair.First.IsPart
        && !pair.Second.IsPart
        && (Of(pair.First), Of(pair.Second)) is ({ IsSeparate: true } first, { IsSeparate: true } second)
        && first.SamplesOf(pair.First.Value.Type.Shape) == second.SamplesOf(pair.Second.Value.Type.Shape)
            ? (first, second)
            : null;
}
