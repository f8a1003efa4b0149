using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Terms;

/// <summary>
/// The diagonal of the Hessian as eᵢᵀ(∇²L)eᵢ: one Hessian-vector product, forward over reverse, for each entry of the target.
/// Right for any graph.
/// </summary>
/// <param name="target">The target.</param>
/// <param name="gradient">The gradient of the whole target value.</param>
/// <param name="fix">Puts values in place of what the gradient holds fixed; null where it holds nothing fixed.</param>
internal sealed class HessianProductTerm(Target target, Value gradient, Func<Value, Value>? fix = null) : ITerm
{
    private readonly long _row = target.Value.Type.Rank == 0 ? 1 : Known(target).Product(1, target.Value.Type.Rank).Factor;

    /// <inheritdoc/>
    public Target Target => target;

    /// <inheritdoc/>
    public string Description => "a product for each entry";

    /// <inheritdoc/>
    public long Directions => target.Value.Type.Rank == 0 ? 1 : _row * (target.End - target.Start);

    /// <inheritdoc/>
    public SharedDirections Shared { get; } = new();

    /// <summary>Unit vectors of the target's entries, [K, *w].</summary>
    public DirectionPair MakeDirections(ChunkLoop chunkLoop)
    {
        var type = target.Value.Type;
        var first = chunkLoop.Body.Scalar(ElementType.Int64, _row * target.Start);
        var entries = target.Start == 0 ? chunkLoop.Indices : Add.Of(chunkLoop.Body, chunkLoop.Indices, first);
        var size = Known(target).Elements.Factor;
        return new DirectionPair(
            Reshape.To(chunkLoop.Body, OneHotRows.Of(chunkLoop.Body, entries, size, type.Element), type.Shape.Prepend(chunkLoop.ChunkSize))
        );
    }

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body, shape) = (chunkLoop.Outer, chunkLoop.Body, target.Value.Type.Shape);
        var product = outer.HessianProduct(gradient, target.Value);
        if (product.Outputs[0] is not { } direction)
            return () => Expand.Of(outer, outer.Scalar(target.Value.Type.Element, 0), target.ResultType.Shape);
        var products = body.Batch(
            [fix?.Invoke(direction) ?? direction],
            new Dictionary<Value, Value> { [product.Inputs[0]] = directions.Left },
            chunkLoop.ChunkSize
        )[0]!;
        var all = Enumerable.Range(1, shape.Rank).Select(axis => (long)axis);
        var entries = ReduceSum.Of(body, Mul.Of(body, products, directions.Left), all, keepDims: false);
        var slot = chunkLoop.Collect(entries);
        return () => Reshape.To(outer, chunkLoop.Result(slot), target.ResultType.Shape);
    }

    private static TensorShape Known(Target target) =>
        target.Value.Type.Shape.IsKnown
            ? target.Value.Type.Shape
            : throw new UserErrorException(
                $"The shape {target.Value.Type.Shape} of '{target.Value.Name}' is not fully known, so its entries cannot be counted; "
                    + $"give sizes with --dim NAME=SIZE."
            );
}
