using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>Says where samples lie in what a program takes and in its results.</summary>
/// <param name="model">The model.</param>
/// <param name="request">The request.</param>
/// <param name="head">The loss.</param>
/// <param name="proof">Where samples lie in values.</param>
/// <param name="blocks">Of which targets the Hessian has a block for each sample.</param>
/// <param name="jacobian">Where samples lie in the Jacobian by a target.</param>
internal sealed class ResultLayouts(
    ModelGraph model,
    CurvatureRequest request,
    LossHead head,
    SampleProof proof,
    SampleBlocks blocks,
    Func<Target, SampleLayout> jacobian
)
{
    /// <summary>Where samples lie in what the program takes and computes.</summary>
    public PlanLayouts Of(IReadOnlyCollection<Target> targets)
    {
        var added = targets.SelectMany(LayoutsOfInputs).ToImmutableDictionary(StringComparer.Ordinal);
        var results =
            from target in targets
            from quantity in request.ResultsOfTargets().Distinct()
            select KeyValuePair.Create(quantity.OutputName(target.Name), LayoutOf(quantity, target));
        var crossed = request
            .Pairs([.. targets])
            .Select(pair => KeyValuePair.Create(Quantity.CrossHessian.OutputName(pair.Name), LayoutOf(pair)));
        return new PlanLayouts(
            (head.Target is { } wanted ? model.Inputs.Add(wanted) : model.Inputs)
                .ToImmutableDictionary(input => input.Name!, proof.Of, StringComparer.Ordinal)
                .SetItems(added),
            [.. added.Keys],
            results.Concat(crossed).DistinctBy(result => result.Key).ToImmutableDictionary(StringComparer.Ordinal)
        );
    }

    private SampleLayout LayoutOf(TargetPair pair) =>
        blocks.Of(pair) is not null ? SampleLayout.At(0)
        : blocks.AreJoint(pair) ? SampleLayout.Coupled
        : SampleLayout.None;

    private IEnumerable<KeyValuePair<string, SampleLayout>> LayoutsOfInputs(Target target)
    {
        if (request.Quantities.Any(quantity => quantity is Quantity.Hvp or Quantity.Jvp))
            yield return new(VectorInput.Direction(target).Name, target.IsPart ? SampleLayout.None : proof.Of(target.Value));
        if (request.Quantities.Contains(Quantity.Vjp))
            yield return new(VectorInput.Cotangent(target).Name, proof.Of(head.Output));
    }

    /// <summary>
    /// Where samples lie in a result: none where results of batches are added, coupled where it belongs to all samples of a batch together.
    /// </summary>
    private SampleLayout LayoutOf(Quantity quantity, Target target)
    {
        var own = proof.Of(target.Value);
        return quantity switch
        {
            Quantity.Loss => SampleLayout.None,
            Quantity.Jvp => proof.Of(head.Output),
            Quantity.Jacobian => jacobian(target),
            _ when quantity.IsPerSample() => SampleLayout.At(0),
            _ when own.IsNone => SampleLayout.None,
            Quantity.Hessian or Quantity.Laplacian when blocks.Of(target).IsSeparate && !target.IsPart => SampleLayout.At(0),
            Quantity.Hessian or Quantity.Laplacian => SampleLayout.Coupled,
            _ => target.IsPart ? SampleLayout.Coupled : own,
        };
    }
}
