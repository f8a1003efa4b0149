using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The mean of what random columns give, and its standard error, entry by entry: √(Σ(x − x̄)² / (P(P − 1))) for P columns. Both are
/// sums over columns, which they share.
/// </summary>
/// <param name="target">The target.</param>
/// <param name="name">The method's name.</param>
/// <param name="reason">One sentence: what is estimated, and how.</param>
/// <param name="probes">The number of columns, at least 2.</param>
/// <param name="make">Makes a chunk's columns.</param>
/// <param name="term">What each column gives: [K, …].</param>
/// <param name="weight">What multiplies the mean, or null.</param>
internal sealed class ProbeMean(Target target, string name, string reason, int probes, Func<ColumnStage, Value> make, Func<ColumnStage, Value, Value> term, Value? weight)
{
    private ColumnStage? _stage;
    private ColumnStage.Slot _sum;
    private Value? _terms;

    /// <summary>The method of the estimate.</summary>
    public ColumnWork Mean => Work(stage => () =>
    {
        var b = stage.Outer;
        return Result(b, new Expr(b, stage.Result(_sum)) / probes);
    });

    /// <summary>The method of its standard error.</summary>
    public ColumnWork StandardError => Work(stage =>
    {
        var squares = stage.Accumulate(ReduceSum.Of(stage.Body, Mul.Of(stage.Body, _terms!, _terms!), [0], keepDims: false));
        return () =>
        {
            var b = stage.Outer;
            var (sum, square) = (new Expr(b, stage.Result(_sum)), new Expr(b, stage.Result(squares)));
            // Rounding may leave a difference below zero where all columns give the same.
            return Result(b, ((square - sum * sum / probes) / ((double)probes * (probes - 1))).Through<Relu>().Through<Sqrt>());
        };
    });

    private ColumnWork Work(Func<ColumnStage, Func<Value>> finish) => new(target, name, reason, probes, this, make, (stage, columns) =>
    {
        if (_stage != stage)
        {
            _terms = stage.Masked(term(stage, columns));
            _sum = stage.Accumulate(ReduceSum.Of(stage.Body, _terms, [0], keepDims: false));
            _stage = stage;
        }
        return finish(stage);
    });

    private Value Result(GraphBuilder b, Expr value) => Reshape.To(b, weight is null ? value : Mul.Of(b, value, weight), target.ResultType.Shape);
}
