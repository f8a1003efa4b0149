using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Losses;

/// <summary>A loss that has been put onto a model.</summary>
/// <param name="Loss">The scalar loss.</param>
/// <param name="Output">The value that the loss is a known function of: logits, predictions, or the loss itself.</param>
/// <param name="Target">The new input that holds labels or targets; null where the loss needs none.</param>
/// <param name="Root">A square root of the output Hessian in <paramref name="Output"/>; null where none is known.</param>
/// <param name="Reduction">The weight of each batch in a run over several.</param>
/// <param name="Notes">Notes on how the loss was understood, one sentence each.</param>
internal sealed record LossHead(
    Value Loss,
    Value Output,
    Value? Target,
    OutputHessianRoot? Root,
    BatchWeight Reduction,
    IReadOnlyList<string> Notes
)
{
    /// <summary>The labels of classes among the inputs; null where there are none.</summary>
    public ClassLabels? Labels { get; init; }

    /// <summary>The terms of a cross-entropy of the tool's own; null for any other loss.</summary>
    public ClassTerms? Classes { get; init; }

    /// <summary>
    /// Why results of batches are not those of all samples at once, as a clause, where that is known of the loss itself; else null.
    /// </summary>
    public string? BatchObstacle { get; init; }

    /// <summary>
    /// The axis of <see cref="Output"/> along which each term of the loss takes all entries; null where it takes single entries.
    /// </summary>
    public int? ClassAxis { get; init; }

    /// <summary>
    /// The shape of the terms that the loss adds up or averages: that of <see cref="Output"/> without the axis of classes.
    /// </summary>
    public TensorShape Terms => ClassAxis is { } axis ? Output.Type.Shape.Remove(axis) : Output.Type.Shape;

    /// <summary>
    /// Where samples lie among the terms, given where they lie in <see cref="Output"/>: coupled where they lie along the classes, for then
    /// every term takes all of them.
    /// </summary>
    public SampleLayout InTerms(SampleLayout output) =>
        ClassAxis is not { } axis || output.Place is not { } place ? output
        : place.Axis == axis ? SampleLayout.Coupled
        : place.Axis < axis ? output
        : output.Moved(place.Axis - 1);
}

/// <summary>The weights of the results of several batches when they are put together.</summary>
internal enum BatchWeight
{
    /// <summary>Results are added.</summary>
    Sum,

    /// <summary>Results are averaged over samples: each batch weighs as many as it has samples.</summary>
    Samples,
}
