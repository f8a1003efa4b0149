using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// A square root of the Gauss–Newton matrix of a value s before the loss's output z, of fewer columns than that of z has: with the
/// directions S of z and J the derivative of z by s, the Cholesky factor L of Jᵀ S Sᵀ J = L Lᵀ, a direction for each entry of a sample of
/// s. Where z is piecewise linear in s, that matrix is the Hessian.
/// </summary>
/// <param name="at">s, in float32, with known sizes but for that of a samples' axis.</param>
/// <param name="samples">How samples lie in s.</param>
/// <param name="root">The square root at z.</param>
/// <param name="bytes">The bytes that the matrix may take while it is made.</param>
/// <remarks>
/// The matrix and its factor are computed in double, so that the error of gᵀ L Lᵀ g is far below a roundoff of float32 of ‖Lᵀ‖² ‖g‖².
/// </remarks>
internal sealed class CholeskyDirections(Value at, SampleLayout samples, RootDirections root, double bytes) : DirectionSource
{
    /// <summary>More directions at once do not make products faster.</summary>
    private const long MostAtOnce = 1024;

    private Value? _columns;

    /// <inheritdoc/>
    public override Value At => at;

    /// <inheritdoc/>
    public override long Directions { get; } = EntriesOf(at, samples);

    /// <inheritdoc/>
    public override Value? Weight => root.Weight;

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop)
    {
        _columns ??= CholeskyFactor.Columns(chunkLoop.Outer, Matrices(chunkLoop.Outer), at.Type.Element);
        var columns = Gather.Of(chunkLoop.Body, _columns, chunkLoop.Indices, 0);
        var single = samples.OfOne(at.Type.Shape);
        var entries = Reshape.To(chunkLoop.Body, columns, columns.Type.Shape.Range(0, 2).Concat(single));
        return new DirectionPair(chunkLoop.Masked(SamplesFirst.Undo(chunkLoop.Body, entries, at.Type.Shape, samples, 1)));
    }

    /// <summary>Jᵀ S Sᵀ J of every sample, [N, n, n], summed up over chunks of directions of z.</summary>
    private Value Matrices(GraphBuilder outer)
    {
        var chunkLoop = new ChunkLoop(outer, root.Directions, AtOnce());
        var body = chunkLoop.Body;
        var directions = root.DirectionsAt(chunkLoop).Left;
        var cotangent = outer.Parameter(root.At.Type);
        var pulled = outer.Linearize([at], [root.At]).Transpose(outer, [cotangent])[0]!;
        var batched = body.Batch([pulled], new Dictionary<Value, Value> { [cotangent] = directions }, directions.Type.Shape[0])[0]!;
        var first = SamplesFirst.Of(body, batched, samples, 1);
        var flat = Reshape.To(body, first, [first.Type.Shape[0], first.Type.Shape[1], Directions]);
        var wide = Cast.Of(body, flat, ElementType.Float64);
        var slot = chunkLoop.Accumulate(MatMul.Of(body, TransposeAxes.Of(body, wide, 1, 2, 0), TransposeAxes.Of(body, wide, 1, 0, 2)));
        chunkLoop.Close();
        return chunkLoop.Result(slot);
    }

    private int AtOnce()
    {
        var each = (root.At.Type.Shape.Elements.Known ?? 0) * at.Type.Element.Size() + 3 * Directions * sizeof(double);
        return (int)Math.Clamp(bytes / each, 1, Math.Min(MostAtOnce, root.Directions));
    }
}
