using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// Unit vectors of the entries of a target, or of its part, [K, *w]. Where the target holds separate samples, a direction is the unit
/// vector of an entry of every sample at once, which a block diagonal matrix takes apart again.
/// </summary>
internal sealed class UnitDirections
{
    private readonly Target _target;
    private readonly SampleLayout _samples;
    private readonly long _size;
    private readonly long _first;

    /// <summary>Directions for a target. Throws <see cref="UserErrorException"/> where its entries cannot be counted.</summary>
    /// <param name="target">The target.</param>
    /// <param name="samples">How the separate samples lie in it; none where it holds none, or they are not distinguished.</param>
    public UnitDirections(Target target, SampleLayout samples)
    {
        (_target, _samples) = (target, samples);
        var shape = target.Value.Type.Shape;
        var known = samples.IsSeparate ? samples.Of(shape, 1) : shape;
        if (!known.IsKnown)
            throw new UserErrorException(
                $"The shape {shape} of '{target.Value.Name}' is not fully known, so its entries cannot be counted; give sizes with "
                    + $"--dim NAME=SIZE."
            );
        _size = known.Elements.Factor;
        var row = shape.Rank == 0 || samples.IsSeparate ? 0 : shape.Product(1, shape.Rank).Factor;
        _first = row * target.Start;
        Count = row == 0 || !target.IsPart ? _size : row * (target.End - target.Start);
    }

    /// <summary>The number of directions.</summary>
    public long Count { get; }

    /// <summary>The directions of a chunk.</summary>
    public Value Make(ChunkLoop chunkLoop)
    {
        var (b, type) = (chunkLoop.Body, _target.Value.Type);
        var entries = _first == 0 ? chunkLoop.Indices : Add.Of(b, chunkLoop.Indices, b.Scalar(ElementType.Int64, _first));
        var unit = OneHotRows.Of(b, entries, _size, type.Element);
        return chunkLoop.Masked(
            _samples.IsSeparate
                ? SamplesFirst.Repeated(b, unit, type.Shape, _samples)
                : Reshape.To(b, unit, type.Shape.Prepend(chunkLoop.ChunkSize))
        );
    }
}
