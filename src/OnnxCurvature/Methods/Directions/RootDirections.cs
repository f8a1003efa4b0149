using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Directions;

/// <summary>The directions of a square root of the loss's Hessian in its output.</summary>
/// <param name="output">The output.</param>
/// <param name="root">The square root.</param>
/// <param name="samples">
/// Where samples lie in the output; one direction holds a direction of each sample. Where they are not distinguished, every entry or class
/// of every sample has directions of its own, so that the squares of whole pull-backs add up to the diagonal, however samples are coupled
/// before the output.
/// </param>
internal sealed class RootDirections(Value output, OutputHessianRoot root, SampleLayout samples) : DirectionSource
{
    /// <inheritdoc/>
    public override bool IsOfSquares => true;

    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Directions =>
        root.Directions(samples).Known
        ?? throw new UserErrorException(
            $"The shape {output.Type.Shape} of '{output.Name}' is not fully known, so its entries cannot be counted; give sizes with "
                + $"--dim NAME=SIZE."
        );

    /// <inheritdoc/>
    public override Value? Weight => root.Weight;

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop) =>
        new(chunkLoop.Masked(root.DirectionsAt(chunkLoop.Outer, chunkLoop.Body, chunkLoop.Indices, samples)));
}
