using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Terms;

/// <summary>
/// The diagonal of the Gauss–Newton matrix as (J eᵢ)ᵀ ∇²ℓ (J eᵢ): one forward product for each entry of the target, whatever the outputs
/// are. With ∇²ℓ = weight · Σ_c s_c s_cᵀ that is the weight times the sum of (s_cᵀ J eᵢ)². Exact for any graph, for the loss is a function
/// of z alone and nothing is taken for separate samples.
/// </summary>
internal sealed class ForwardProductTerm : ITerm
{
    private readonly LossHead _head;
    private readonly UnitDirections _unit;
    private readonly SampleLayout _inTarget;
    private readonly SampleLayout _inOutput;

    /// <summary>The method. Throws <see cref="UserErrorException"/> where the target's entries cannot be counted.</summary>
    /// <param name="target">The target.</param>
    /// <param name="head">The loss, with a root that projects tangents.</param>
    /// <param name="inTarget">
    /// Where samples lie in the target, if they are proven to be separate from there to the output: then a direction is one of every sample
    /// at once. None where they are not distinguished.
    /// </param>
    /// <param name="inOutput">Where they lie in the output.</param>
    public ForwardProductTerm(Target target, LossHead head, SampleLayout inTarget, SampleLayout inOutput)
    {
        Target = target;
        _head = head;
        _inTarget = inTarget;
        _inOutput = inOutput;
        _unit = new UnitDirections(target, inTarget);
    }

    /// <inheritdoc/>
    public Target Target { get; }

    /// <inheritdoc/>
    public string Description => "a forward product for each entry";

    /// <inheritdoc/>
    public long Directions => _unit.Count;

    /// <inheritdoc/>
    public SharedDirections Shared { get; } = new();

    /// <inheritdoc/>
    public bool IsOfSquares => true;

    /// <inheritdoc/>
    public DirectionPair MakeDirections(ChunkLoop chunkLoop) => new(_unit.Make(chunkLoop));

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body) = (chunkLoop.Outer, chunkLoop.Body);
        var purpose = Target.CurvatureOrigin;
        using var inside = body.For(purpose);
        using var around = outer.For(purpose);
        var tangent = outer.Linearize([Target.Value], [_head.Output]);
        var finish = tangent.Outputs[0] is { } image ? Squares(chunkLoop, directions.Left, tangent.Inputs[0], image) : Zero(outer);
        return () =>
        {
            using var after = outer.For(purpose);
            return finish();
        };
    }

    private Func<Value> Zero(GraphBuilder outer) =>
        () => Expand.Of(outer, outer.Scalar(Target.Value.Type.Element, 0), Target.ResultType.Shape);

    private Func<Value> Squares(ChunkLoop chunkLoop, Value directions, Value input, Value output)
    {
        var (outer, body) = (chunkLoop.Outer, chunkLoop.Body);
        var image = body.Batch([output], new Dictionary<Value, Value> { [input] = directions }, chunkLoop.ChunkSize)[0]!;
        var projected = _head.Root!.Project(outer, body, image);
        // [K, N, *zₙ] where the target holds samples, and else [K, 1, *z].
        var samples = _inTarget.IsSeparate ? _inOutput : SampleLayout.None;
        var squares = SamplesFirst.Of(body, Mul.Of(body, projected, projected), samples, 1);
        var shape = squares.Type.Shape;
        var flat = Reshape.To(body, squares, [shape[0], shape[1], shape.Product(2, shape.Rank)]);
        var slot = chunkLoop.Collect(ReduceSum.Of(body, flat, [2], keepDims: false));
        return () => Mul.Of(outer, _head.Root.Weight, Placed(outer, chunkLoop.Result(slot)));
    }

    /// <summary>The sums [entries, N] at the places of the entries.</summary>
    private Value Placed(GraphBuilder outer, Value sums) =>
        _inTarget.IsSeparate
            ? SamplesFirst.Undo(outer, TransposeAxes.Of(outer, sums, 1, 0), Target.Value.Type.Shape, _inTarget)
            : Reshape.To(outer, sums, Target.ResultType.Shape);
}
