using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Products of the Hessian of the loss with directions [K, *w], for one target w: the tangents of its gradient (Pearlmutter, 1994).
/// </summary>
internal sealed class ProductDerivatives(GraphBuilder b, Target target, Value gradient, PlanLimits limits)
{
    private readonly SharedDirections _shared = new();
    private readonly LinearProgram _product = b.HessianProduct(gradient, target.Value);

    /// <summary>Whether the Hessian is zero, since nothing between target and loss has a second derivative.</summary>
    public bool IsZero => _product.Outputs[0] is null;

    private TensorType Type => target.Value.Type;

    /// <summary>∇²L v for a direction of the result's shape, of that shape.</summary>
    public Value Along(Value direction) => Part(b, Times(b, Reshape.InsertAxis(b, target.PadToWhole(b, direction, 0), 0), 1), 0);

    /// <summary>The sum of each row of ∇²L: its product with a vector of ones.</summary>
    public Value RowSums() => Along(Expand.Of(b, b.Scalar(Type.Element, 1), target.ResultType.Shape));

    /// <summary>
    /// The block ∇²L, [*w, *w], or a block for each separate sample, [N, *xₙ, *xₙ]. Throws <see cref="UserErrorException"/> where it is too
    /// big.
    /// </summary>
    /// <param name="samples">
    /// How the samples lie in the target, of which the Hessian has a block for each and zeros elsewhere; none where there is one block.
    /// </param>
    public DirectionWork Hessian(SampleLayout samples)
    {
        var unit = new UnitDirections(target, samples);
        new HessianBlock(unit.Count, unit.Count, samples.IsSeparate ? samples.SamplesOf(Type.Shape) : null).RequireFits(
            limits,
            Type.Element,
            $"The hessian of '{target.Name}'",
            target.Value.Name!
        );
        return new DirectionWork(
            target,
            "Hessian-vector products",
            "the product for each entry is a column of the matrix",
            unit.Count,
            _shared,
            unit.Make,
            (chunkLoop, directions) =>
            {
                var products = Times(chunkLoop.Body, directions, chunkLoop.ChunkSize);
                products = samples.IsSeparate
                    ? SamplesFirst.Of(chunkLoop.Body, products, samples, 1)
                    : target.RowsOf(chunkLoop.Body, products, 1);
                var slot = chunkLoop.Collect(products);
                return () =>
                    samples.IsSeparate
                        ? Blocks(chunkLoop.Result(slot), samples)
                        : Reshape.To(b, chunkLoop.Result(slot), target.ResultType.Shape.Concat(target.ResultType.Shape));
            }
        );
    }

    /// <summary>Directions [e, N, e] of the blocks of all samples as [N, *xₙ, *xₙ], of those that are asked for.</summary>
    private Value Blocks(Value directions, SampleLayout samples)
    {
        var one = samples.Behind(Type.Shape);
        var blocks = Reshape.To(b, TransposeAxes.Move(b, directions, 0, 1), one.Concat(one).Prepend(samples.SamplesOf(Type.Shape)));
        return target.IsPart ? Reshape.To(b, target.RowsOf(b, blocks), target.ResultType.Shape.Concat(one)) : blocks;
    }

    /// <summary>The trace of the block: a scalar, or one number for each separate sample.</summary>
    /// <param name="samples">As for <see cref="Hessian"/>.</param>
    public DirectionWork Laplacian(SampleLayout samples)
    {
        var unit = new UnitDirections(target, samples);
        return new DirectionWork(
            target,
            "Hessian-vector products",
            "the sum of the diagonal, from one product for each entry",
            unit.Count,
            _shared,
            unit.Make,
            (chunkLoop, directions) =>
            {
                var entries = Mul.Of(chunkLoop.Body, Times(chunkLoop.Body, directions, chunkLoop.ChunkSize), directions);
                // [K, N, *xₙ] where there are blocks.
                var first = samples.IsSeparate ? SamplesFirst.Of(chunkLoop.Body, entries, samples, 1) : entries;
                var axes = Enumerable.Range(0, first.Type.Rank).Where(axis => axis != 1 || !samples.IsSeparate).Select(axis => (long)axis);
                var slot = chunkLoop.Accumulate(ReduceSum.Of(chunkLoop.Body, first, axes, keepDims: false));
                return () =>
                    !samples.IsSeparate || !target.IsPart
                        ? chunkLoop.Result(slot)
                        : Reshape.To(b, target.RowsOf(b, chunkLoop.Result(slot)), target.ResultType.Shape.Range(0, target.Single ? 0 : 1));
            }
        );
    }

    /// <summary>The mean of v ⊙ (∇²L v) over random signs v of the entries that are asked for.</summary>
    public ProbeMean Hutchinson(CurvatureRequest request, ProbeSeed seed)
    {
        var entries = Entries;
        return new ProbeMean(
            target,
            request.Estimator.Name(),
            $"an unbiased estimate: the mean of v ⊙ Hv over {request.Probes} vectors v of random signs (seed {request.Seed})",
            request.Probes,
            chunkLoop => SeededNumbers.Signs(chunkLoop.Body, chunkLoop.Indices, entries, seed, Type.Element),
            (chunkLoop, directions) => Mul.Of(chunkLoop.Body, Flat(chunkLoop, directions), directions),
            null
        );
    }

    /// <summary>The number of entries that are asked for. Throws <see cref="UserErrorException"/> where they cannot be counted.</summary>
    public long Entries =>
        target.ResultType.Shape is { IsKnown: true } shape
            ? shape.Elements.Factor
            : throw new UserErrorException(
                $"The shape {target.ResultType.Shape} of '{target.Name}' is not fully known, so no directions can be sampled; give sizes "
                    + $"with --dim NAME=SIZE."
            );

    /// <summary>The block of ∇²L times directions [K, n] of its entries, row-major: [K, n].</summary>
    public Value Flat(ChunkLoop chunkLoop, Value directions)
    {
        var (body, count) = (chunkLoop.Body, directions.Type.Shape[0]);
        var part = target.IsPart ? Type.Shape.With(0, target.End - target.Start) : Type.Shape;
        var products = Part(body, Times(body, target.PadToWhole(body, Reshape.To(body, directions, part.Prepend(count)), 1), count), 1);
        return Reshape.To(body, products, directions.Type.Shape);
    }

    /// <summary>∇²L times directions [K, *w].</summary>
    private Value Times(GraphBuilder body, Value directions, Dim count) =>
        _product.Outputs[0] is { } direction
            ? body.Batch([direction], new Dictionary<Value, Value> { [_product.Inputs[0]] = directions }, count)[0]!
            : Expand.Of(body, body.Scalar(Type.Element, 0), Type.Shape.Prepend(count));

    /// <summary>
    /// The part that is asked for of a value, after <paramref name="lead"/> further axes; a leading axis of size 1 is dropped where there
    /// is none.
    /// </summary>
    private Value Part(GraphBuilder at, Value value, int lead)
    {
        var axis = value.Type.Rank - Type.Rank;
        value = target.RowsOf(at, value, axis);
        return Reshape.To(at, value, lead == 0 ? target.ResultType.Shape : target.ResultType.Shape.Prepend(value.Type.Shape[0]));
    }
}
