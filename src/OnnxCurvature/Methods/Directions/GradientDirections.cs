using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// The samples' own gradients in the loss's output: one direction that holds all of them, or, where samples are coupled before the output,
/// a direction for each sample, which is zero at all others.
/// </summary>
/// <param name="output">The loss's output z.</param>
/// <param name="gradient">The gradient of the loss in z.</param>
/// <param name="weight">The factor of the sum of squares.</param>
/// <param name="each">Which entries of z belong to which sample, where there is a direction for each; null where one direction holds
/// all.</param>
internal sealed class GradientDirections(Value output, Value gradient, Value weight, SampleLayout? each) : DirectionSource
{
    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Directions => each is { IsSeparate: true } samples ? samples.SamplesOf(output.Type.Shape).Factor : 1;

    /// <inheritdoc/>
    public override Value? Weight => weight;

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop)
    {
        var (b, shape) = (chunkLoop.Body, output.Type.Shape);
        var direction = Reshape.InsertAxis(b, gradient, 0);
        var all = each is { IsSeparate: true } samples
            ? Mul.Of(
                b,
                direction,
                SamplesFirst.AlongSamples(b, OneHotRows.Of(b, chunkLoop.Indices, Directions, output.Type.Element), shape, samples)
            )
            : Expand.Of(b, direction, shape.Prepend(chunkLoop.ChunkSize));
        return new DirectionPair(chunkLoop.Masked(all));
    }
}
