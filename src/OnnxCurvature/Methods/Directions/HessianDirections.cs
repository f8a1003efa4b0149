using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// The Hessian of the loss in a value s that all influence of the targets passes: unit directions, and Hessian-vector products with them.
/// Samples are independent after s, so one product gives the direction of every sample.
/// </summary>
internal sealed class HessianDirections : DirectionSource
{
    private readonly Value _direction;
    private readonly Value _product;

    private readonly SampleLayout _samples;
    private readonly (long Start, long End)? _rows;

    private HessianDirections(Value at, SampleLayout samples, (long, long)? rows, Value direction, Value product)
    {
        At = at;
        _samples = samples;
        _rows = rows;
        _direction = direction;
        _product = product;
    }

    /// <inheritdoc/>
    public override Value At { get; }

    /// <inheritdoc/>
    public override long Directions => _rows is { } rows ? Row * (rows.End - rows.Start) : EntriesOf(At, _samples);

    private long Row => _rows is null ? 0 : At.Type.Shape.Range(2, At.Type.Rank).Elements.Factor;

    /// <summary>The directions at a value; null where the Hessian there is zero.</summary>
    /// <param name="b">The outer builder.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="at">The value, with known sizes but for that of a samples' axis.</param>
    /// <param name="samples">How the samples, which share a direction, lie in the value; none where they are not distinguished.</param>
    /// <param name="rows">The only indices of axis 1, behind that of the samples, for which there are directions; null for all.</param>
    public static HessianDirections? Create(GraphBuilder b, Value loss, Value at, SampleLayout samples, (long Start, long End)? rows)
    {
        if (
            b.Gradient(loss, [at])[0] is not { } gradient
            || b.HessianProduct(gradient, at) is not { Outputs: [{ } product], Inputs: [var direction] }
        )
            return null;
        return new HessianDirections(at, samples, rows, direction, product);
    }

    /// <summary>
    /// The directions of what the way v = φ(u) from one value to another adds to the curvature, Σ_m λ_m ∇²φ_m(u) with λ = ∂L/∂v: products
    /// with the Hessian of λᵀφ(u), where λ is held fixed. Null where it is zero. Samples must be independent on the way.
    /// </summary>
    public static HessianDirections? OfRegion(GraphBuilder b, Value loss, Value from, Value to, SampleLayout samples, (long, long)? rows) =>
        RegionGradient(b, loss, from, to) is { } region
        && b.HessianProduct(region.Gradient, from) is { Outputs: [{ } product], Inputs: [var direction] }
            ? new HessianDirections(from, samples, rows, direction, region.Fix(product))
            : null;

    /// <summary>
    /// The gradient of λᵀφ(u) in u, with a parameter in place of λ = ∂L/∂v, and what puts λ in its place; null where it is zero.
    /// </summary>
    public static (Value Gradient, Func<Value, Value> Fix)? RegionGradient(GraphBuilder b, Value loss, Value from, Value to)
    {
        if (b.Gradient(loss, [to])[0] is not { } gradient)
            return null;
        var fixedGradient = b.Parameter(to.Type);
        return b.Linearize([from], [to]).Transpose(b, [fixedGradient])[0] is { } pulled
            ? (pulled, value => b.Substitute([value], new Dictionary<Value, Value> { [fixedGradient] = gradient })[0])
            : null;
    }

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop)
    {
        var units = chunkLoop.Masked(Units(chunkLoop, At, _samples, Row * (_rows?.Start ?? 0)));
        return new DirectionPair(
            units,
            chunkLoop.Body.Batch([_product], new Dictionary<Value, Value> { [_direction] = units }, chunkLoop.ChunkSize)[0]
        );
    }
}
