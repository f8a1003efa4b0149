using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// The curvature that an elementwise function v = φ(u) adds: ∇² = diag(λ φ''(u)), with λ the loss's gradient in v. Its directions are
/// e_k and the multiple (λ φ'')_k e_k, one for each entry of a sample.
/// </summary>
/// <param name="at">u.</param>
/// <param name="diagonal">λ φ''(u), of the same shape.</param>
/// <param name="samples">How the samples, which share a direction, lie in u; none where they are not distinguished.</param>
internal sealed class ElementwiseDirections(Value at, Value diagonal, SampleLayout samples) : DirectionSource
{
    /// <summary>λ φ''(u).</summary>
    public Value Diagonal => diagonal;

    /// <inheritdoc/>
    public override Value At => at;

    /// <inheritdoc/>
    public override long Directions { get; } = EntriesOf(at, samples);

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop)
    {
        var first = SamplesFirst.Of(chunkLoop.Outer, diagonal, samples);
        var flat = Reshape.To(chunkLoop.Outer, first, [first.Type.Shape[0], Directions]);
        return new DirectionPair(
            chunkLoop.Masked(Units(chunkLoop, At, samples)),
            Scale: TransposeAxes.Last(chunkLoop.Body, Gather.Of(chunkLoop.Body, flat, chunkLoop.Indices, 1))
        );
    }
}
