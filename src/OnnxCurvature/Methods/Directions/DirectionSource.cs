using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// A second derivative at a value s, one sample at a time, as a sum of directions: ∇² = weight · Σ_c a_c b_cᵀ. Directions are made when
/// they are needed, a chunk at a time; targets whose directions come from the same source share them.
/// </summary>
internal abstract class DirectionSource
{
    /// <summary>The value at which the directions are.</summary>
    public abstract Value At { get; }

    /// <summary>The number of directions of one sample.</summary>
    public abstract long Directions { get; }

    /// <summary>The directions, which all terms on this source share.</summary>
    public SharedDirections Shared { get; } = new();

    /// <summary>Whether both vectors of every pair are the same, with a positive weight: the diagonal is a sum of squares.</summary>
    public virtual bool IsOfSquares => false;

    /// <summary>The factor of the sum: a scalar of the outer program; null for one.</summary>
    public virtual Value? Weight => null;

    /// <summary>
    /// Makes a chunk's directions in the body of a chunk loop, for all samples at once; sample n holds its own direction.
    /// </summary>
    public abstract DirectionPair DirectionsAt(ChunkLoop chunkLoop);

    /// <summary>The entries of a value, or of one of its samples where these are independent.</summary>
    protected static long EntriesOf(Value at, SampleLayout samples) =>
        samples.OfOne(at.Type.Shape).Elements.Known
        ?? throw new InvalidOperationException($"The entries of '{at.Name}' {at.Type.Shape} cannot be counted.");

    /// <summary>
    /// Unit directions e_k of the entries of a value, or of one of its samples, the same for every sample, from entry
    /// <paramref name="first"/> on: [K, *s].
    /// </summary>
    protected static Value Units(ChunkLoop chunkLoop, Value at, SampleLayout samples, long first = 0)
    {
        var shape = at.Type.Shape;
        var entries =
            first == 0 ? chunkLoop.Indices : Add.Of(chunkLoop.Body, chunkLoop.Indices, chunkLoop.Body.Scalar(ElementType.Int64, first));
        var unit = OneHotRows.Of(chunkLoop.Body, entries, EntriesOf(at, samples), at.Type.Element);
        return samples.IsSeparate
            ? SamplesFirst.Repeated(chunkLoop.Body, unit, shape, samples)
            : Reshape.To(chunkLoop.Body, unit, shape.Prepend(chunkLoop.ChunkSize));
    }
}
