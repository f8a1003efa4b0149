using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Terms;

/// <summary>
/// The diagonal Σ_n Σ_c (Jₙᵀ a_nc) ⊙ (Jₙᵀ b_nc) from the directions of a second derivative at a value after the target: one vector-Jacobian
/// product for each direction, or two where its sides differ.
/// </summary>
internal sealed class PullBackTerm : ITerm
{
    private readonly TargetPath _path;
    private readonly DirectionSource _source;
    private readonly WeightEntry? _entry;
    private readonly IContraction? _contraction;

    /// <summary>The term of one path and the directions at its end; <paramref name="entry"/> says how the target enters.</summary>
    public PullBackTerm(GraphBuilder b, TargetPath path, DirectionSource source, WeightEntry? entry, PlanLimits limits)
    {
        (_path, _source, _entry) = (path, source, entry);
        _contraction = entry is null ? null : ContractionChoice.Of(b, entry.Site, source.Directions, limits);
    }

    /// <inheritdoc/>
    public Target Target => _path.Target;

    /// <inheritdoc/>
    public string Description => _contraction?.Description ?? "pull-backs of each sample, multiplied entry by entry";

    /// <inheritdoc/>
    public long Directions => _source.Directions;

    /// <inheritdoc/>
    public SharedDirections Shared => _source.Shared;

    /// <inheritdoc/>
    public bool IsOfSquares => _source.IsOfSquares;

    /// <inheritdoc/>
    public bool AddsSquares => IsOfSquares && _contraction is not { MultipliesPairs: true };

    /// <inheritdoc/>
    public DirectionPair MakeDirections(ChunkLoop chunkLoop)
    {
        using var origin = chunkLoop.Body.For("directions of the curvature");
        return _source.DirectionsAt(chunkLoop);
    }

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var outer = chunkLoop.Outer;
        var purpose = Target.CurvatureOrigin;
        using var inside = chunkLoop.Body.For(purpose);
        using var around = outer.For(purpose);
        var finish = _contraction is null ? Products(chunkLoop, directions) : Contract(chunkLoop, directions);
        return () =>
        {
            using var after = outer.For(purpose);
            return _source.Weight is { } weight ? Mul.Of(outer, weight, finish()) : finish();
        };
    }

    /// <summary>Any path: forms every sample's pull-back, multiplies and adds.</summary>
    private Func<Value> Products(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body) = (chunkLoop.Outer, chunkLoop.Body);
        var separates = _path.Separates;
        var tangent = separates ? _path.Separated(outer) : _path.Tangent;
        // [K, *w], or [K, N, *w].
        var lead = separates ? 2 : 1;
        var pulled = directions.Select(side => _path.Pull(outer, body, tangent.Inputs[0], tangent.Outputs[0]!, side));
        pulled = pulled.Select(side => Target.RowsOf(body, side, lead));
        var samples = separates ? SampleLayout.At(0) : _path.LayoutOf(Target.Value);
        var term = ReduceSum.Of(body, pulled.Resolved(body, samples).Product(body), separates ? [0, 1] : [0], keepDims: false);
        var slot = chunkLoop.Accumulate(term);
        return () => Reshape.To(outer, chunkLoop.Result(slot), Target.ResultType.Shape);
    }

    /// <summary>
    /// A target that is the weight of one matrix product: the directions are pulled back to the product's output only, and contracted
    /// there.
    /// </summary>
    private Func<Value> Contract(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var diagonal = _contraction!.Build(chunkLoop, directions);
        return () => _entry!.Place(diagonal());
    }
}
