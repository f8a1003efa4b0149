using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The mean of what random directions give, and its standard error, entry by entry: √(Σ(x − x̄)² / (P(P − 1))) for P directions. Both are
/// sums over directions, which they share. With random signs this is the estimate of Hutchinson (1990) for traces, and of Bekas,
/// Kokiopoulou and Saad (2007) for diagonals.
/// </summary>
/// <param name="target">The target.</param>
/// <param name="name">The method's name.</param>
/// <param name="reason">One sentence: what is estimated, and how.</param>
/// <param name="probes">The number of directions, at least 2.</param>
/// <param name="make">Makes a chunk's directions.</param>
/// <param name="term">The term of each direction, [K, …].</param>
/// <param name="weight">The factor of the mean, or null.</param>
internal sealed class ProbeMean(
    Target target,
    string name,
    string reason,
    int probes,
    Func<ChunkLoop, Value> make,
    Func<ChunkLoop, Value, Value> term,
    Value? weight
)
{
    private readonly SharedDirections _shared = new();

    private ChunkLoop? _chunkLoop;
    private ChunkLoop.Slot _sum;
    private Value? _terms;

    /// <summary>The method of the estimate.</summary>
    public DirectionWork Mean =>
        Work(chunkLoop =>
            () =>
            {
                var b = chunkLoop.Outer;
                return Result(b, new Expr(b, chunkLoop.Result(_sum)) / probes);
            }
        );

    /// <summary>The method of its standard error.</summary>
    public DirectionWork StandardError =>
        OfSums(
            // Rounding may leave a difference below zero where all directions give the same.
            (b, sum, squares) =>
                Result(b, ((squares - sum * sum / probes) / ((double)probes * (probes - 1))).Through<Relu>().Through<Sqrt>())
        );

    /// <summary>
    /// The method of two numbers a = x̄ / √(P − 1) and b = Σx² / (P(P − 1)) for each entry, [2, *result]: the square of the standard error
    /// is b − a². Both are linear in sums over directions, so that parts of the directions may be made separately and added up.
    /// </summary>
    public DirectionWork Moments =>
        OfSums(
            (b, sum, squares) =>
            {
                var first = Result(b, sum / (probes * Math.Sqrt(probes - 1)));
                var second = Result(b, squares / ((double)probes * (probes - 1)));
                second = weight is null ? second : Reshape.To(b, Mul.Of(b, second, weight), target.ResultType.Shape);
                return Concat.Of(b, [Reshape.InsertAxis(b, first, 0), Reshape.InsertAxis(b, second, 0)], 0);
            }
        );

    private DirectionWork OfSums(Func<GraphBuilder, Expr, Expr, Value> result) =>
        Work(chunkLoop =>
        {
            var squares = chunkLoop.Accumulate(
                ReduceSum.Of(chunkLoop.Body, Mul.Of(chunkLoop.Body, _terms!, _terms!), [0], keepDims: false)
            );
            return () =>
            {
                var b = chunkLoop.Outer;
                return result(b, new Expr(b, chunkLoop.Result(_sum)), new Expr(b, chunkLoop.Result(squares)));
            };
        });

    private DirectionWork Work(Func<ChunkLoop, Func<Value>> finish) =>
        new(
            target,
            name,
            reason,
            probes,
            _shared,
            make,
            (chunkLoop, directions) =>
            {
                if (_chunkLoop != chunkLoop)
                {
                    _terms = chunkLoop.Masked(term(chunkLoop, directions));
                    _sum = chunkLoop.Accumulate(ReduceSum.Of(chunkLoop.Body, _terms, [0], keepDims: false));
                    _chunkLoop = chunkLoop;
                }
                return finish(chunkLoop);
            }
        );

    private Value Result(GraphBuilder b, Expr value) =>
        Reshape.To(b, weight is null ? value : Mul.Of(b, value, weight), target.ResultType.Shape);
}
