using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Losses;

/// <summary>The logits that cross-entropy is taken of.</summary>
/// <param name="Logits">The logits.</param>
/// <param name="Axis">The axis of classes, from 0; null where neither the request nor a softmax says it.</param>
/// <param name="Notes">Notes for the user, one sentence each.</param>
internal sealed record ClassLogits(Value Logits, int? Axis, ImmutableArray<string> Notes)
{
    /// <summary>
    /// Finds the logits of a value: cross-entropy of probabilities starts from the logits before the softmax that made them. Throws <see
    /// cref="UserErrorException"/> for an axis that the logits do not have, or that is not that of the softmax.
    /// </summary>
    public static ClassLogits Of(Value value, ClassOptions options)
    {
        if (LossBuilder.Rearranged(value).Producer is not { } softmax || softmax.Rules().ClassAxisOf(softmax) is not { } axis)
            return new ClassLogits(value, Asked(value, options), []);
        var logits = softmax.Inputs[0]!;
        if (Asked(logits, options) is { } asked && asked != axis)
            throw new UserErrorException(
                $"--class-axis is {options.Axis}, and the softmax before '{value.Name}' runs along axis {axis} of "
                    + $"{logits.Type.Shape}; leave the option out, or name other logits with --loss cross-entropy:VALUE."
            );
        return new ClassLogits(logits, axis, [$"The loss starts from '{logits.Name}', the logits before {softmax}."]);
    }

    private static int? Asked(Value logits, ClassOptions options)
    {
        var rank = logits.Type.Rank;
        if (options.Axis is not { } axis)
            return null;
        return axis >= -rank && axis < rank
            ? (axis + rank) % rank
            : throw new UserErrorException(
                $"--class-axis {axis} is no axis of '{logits.Name}' {logits.Type.Shape}; give a number from {-rank} to {rank - 1}."
            );
    }
}
