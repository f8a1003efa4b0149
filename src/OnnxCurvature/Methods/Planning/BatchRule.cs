using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Planning;

/// <summary>How results of batches are put together, and whether that gives what all samples at once give.</summary>
/// <param name="Weight">The weight of a batch's result.</param>
/// <param name="Obstacle">Why they are not proven to give those of all samples at once, as a clause; null where they are.</param>
internal readonly record struct BatchRule(BatchWeight Weight, string? Obstacle = null)
{
    /// <summary>How results of batches are put together for a request, by what is proven of the model with its loss.</summary>
    public static BatchRule Of(ModelGraph model, LossHead head, CurvatureRequest request)
    {
        var samples = new SampleProof(model, head);
        ImmutableArray<Value> inputs = head.Target is { } target ? model.Inputs.Add(target) : model.Inputs;
        var layouts = inputs.Where(input => !samples.Of(input).IsNone).ToDictionary(input => input, samples.Of);
        if (inputs.FirstOrDefault(input => samples.Of(input) is { IsSeparate: true, Outer.IsOne: false }) is { } scattered)
            return new BatchRule(head.Reduction, $"the samples of '{scattered.Name}' do not lie one after the other");
        var targets = Target.Resolve(model, request.WithRespectTo, head.Loss);
        if (TargetSamples.Scattered(model, targets) is { } of)
            return new BatchRule(
                head.Reduction,
                $"'{of.Name}' depends on the samples and does not hold them one after the other " + $"along its first axis"
            );
        if (request.Quantities.Contains(Quantity.CrossHessian) && TargetSamples.AreOfBothKinds(model, targets))
            return new BatchRule(head.Reduction, "the cross-hessian is of a value that all samples share and of one that belongs to them");
        // A batch of one sample is that sample, whatever the model does with several.
        if (layouts.All(entry => entry.Value.IsSeparate && entry.Value.SamplesOf(entry.Key.Type.Shape).IsOne))
            return new BatchRule(head.Reduction);
        if (JointBlock(targets, new SampleBlocks(head, samples), request) is { } joint)
            return new BatchRule(head.Reduction, $"the {joint} is not proven to have a block for each sample");
        var proof = new BatchProof(model, head, layouts);
        var ofOutput = request.Quantities.Any(quantity => quantity.IsOfOutput());
        if (ofOutput && !proof.IsSeparate(head.Output))
            return new BatchRule(head.Reduction, proof.WhyNot(head.Output));
        if (ofOutput && samples.Of(head.Output) is { IsSeparate: true } output && (output.Axis != 0 || !output.Outer.IsOne))
            return new BatchRule(head.Reduction, $"the samples of '{head.Output.Name}' do not lie along its first axis");
        return request.Quantities.All(quantity => quantity.IsOfOutput()) ? new BatchRule(head.Reduction)
            : head.BatchObstacle is { } obstacle ? new BatchRule(head.Reduction, obstacle)
            : proof.WeightOf(head.Loss) is { } weight ? new BatchRule(weight)
            : new BatchRule(head.Reduction, proof.WhyNot(head.Loss));
    }

    /// <summary>The first block of the Hessian that holds entries of several samples together; null where there is none.</summary>
    private static string? JointBlock(IReadOnlyCollection<Target> targets, SampleBlocks blocks, CurvatureRequest request)
    {
        if (
            request.Quantities.Any(quantity => quantity is Quantity.Hessian or Quantity.Laplacian)
            && targets.FirstOrDefault(blocks.AreJoint) is { } target
        )
            return $"Hessian by '{target.Name}'";
        return request.Pairs([.. targets]).FirstOrDefault(blocks.AreJoint) is { } pair ? $"Hessian by '{pair.Name}'" : null;
    }
}
