using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Report;

/// <summary>The summary of a result for a person, before its file is opened.</summary>
/// <param name="Loss">The loss, or null where it was not asked for.</param>
/// <param name="Targets">The targets, in the order of the result.</param>
internal sealed record ResultSummary(double? Loss, ImmutableArray<TargetSummary> Targets)
{
    /// <summary>Summarizes a result, whose entries are finite.</summary>
    public static ResultSummary Of(CurvatureResult result)
    {
        double? loss = null;
        var targets = new List<(string Name, List<TensorSummary> Tensors)>();
        foreach (var tensor in result.Tensors)
        {
            var (target, quantity) =
                Quantities.OfOutput(tensor.CanonicalName)
                ?? throw new ArgumentException($"The result '{tensor.CanonicalName}' is of no known quantity.");
            if (quantity == Quantity.Loss)
            {
                loss = tensor.IsNegated ? -tensor.Numbers[0] : tensor.Numbers[0];
                continue;
            }
            if (targets.FindIndex(entry => entry.Name == target) is var at && at < 0)
            {
                at = targets.Count;
                targets.Add((target, []));
            }
            targets[at].Tensors.Add(TensorSummary.Of(tensor, quantity));
        }
        return new ResultSummary(loss, [.. targets.Select(entry => new TargetSummary(entry.Name, [.. entry.Tensors]))]);
    }
}

/// <summary>The summary of what was computed for one target.</summary>
/// <param name="Name">The target: <c>conv4_3.weight[7]</c>.</param>
/// <param name="Tensors">Its tensors.</param>
internal sealed record TargetSummary(string Name, ImmutableArray<TensorSummary> Tensors);
