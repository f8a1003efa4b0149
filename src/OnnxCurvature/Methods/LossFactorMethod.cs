using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods;

/// <summary>
/// The diagonal of the generalized Gauss–Newton matrix, Σ_n Σ_c (Jₙᵀ s_nc)², from the columns s of a square root of the loss's
/// Hessian: one vector-Jacobian product for each column. Where the loss is the only curvature source after the target this is
/// the diagonal of the Hessian.
/// </summary>
public sealed class LossFactorMethod : IColumnMethod
{
    private readonly FactorPath _path;
    private readonly LossFactor _factor;
    private readonly WeightEntry? _entry;
    private readonly IContraction? _contraction;

    /// <summary>The method for one path; <paramref name="reason"/> says why the result is exact, <paramref name="entry"/> how the target enters.</summary>
    public LossFactorMethod(GraphBuilder b, FactorPath path, LossFactor factor, WeightEntry? entry, string reason, PlanLimits limits)
    {
        (_path, _factor, _entry) = (path, factor, entry);
        _contraction = entry is null ? null : ContractionChoice.Of(b, entry.Site, factor.Columns, limits);
        Reason = $"{reason}; {_contraction?.Description ?? "pull-backs of each sample, squared"}";
    }

    /// <inheritdoc/>
    public Target Target => _path.Target;

    /// <inheritdoc/>
    public string Name => "loss factor";

    /// <inheritdoc/>
    public string Reason { get; }

    /// <inheritdoc/>
    public long Columns => _factor.Columns;

    /// <inheritdoc/>
    public object Kind => _factor;

    /// <inheritdoc/>
    public Value MakeColumns(ColumnStage stage)
    {
        stage.Body.Origin = "columns of the loss factor";
        var columns = stage.Masked(_factor.ColumnsAt(stage.Body, stage.Indices));
        stage.Body.Origin = null;
        return columns;
    }

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, Value columns)
    {
        var outer = stage.Outer;
        var origin = $"curvature of '{Target.Name}'";
        outer.Origin = stage.Body.Origin = origin;
        var finish = _contraction is null ? Squares(stage, columns) : Contract(stage, columns);
        outer.Origin = stage.Body.Origin = null;
        return () =>
        {
            outer.Origin = origin;
            var result = Mul.Of(outer, _factor.Weight, finish());
            outer.Origin = null;
            return result;
        };
    }

    /// <summary>Any path: forms every sample's pull-back, squares and adds.</summary>
    private Func<Value> Squares(ColumnStage stage, Value columns)
    {
        var (outer, body) = (stage.Outer, stage.Body);
        var separates = _path.Separates;
        var tangent = separates ? _path.Separated(outer) : _path.Tangent;
        // [K, *w], or [K, N, *w].
        var pulled = _path.Pull(outer, body, tangent.Inputs[0], tangent.Outputs[0]!, columns);
        var lead = separates ? 2 : 1;
        if (Target.IsPart)
            pulled = Slice.Of(body, pulled, lead, Target.Start, Target.End);
        body.Origin = outer.Origin;
        var term = ReduceSum.Of(body, Mul.Of(body, pulled, pulled), separates ? [0, 1] : [0], keepDims: false);
        var slot = stage.Accumulate(term);
        return () => Reshape.To(outer, stage.Result(slot), Target.ResultType.Shape);
    }

    /// <summary>
    /// A target that is the weight of one matrix product: the columns are pulled back to the product's output only, and contracted
    /// there.
    /// </summary>
    private Func<Value> Contract(ColumnStage stage, Value columns)
    {
        var diagonal = _contraction!.Build(stage, columns);
        return () => _entry!.Place(diagonal());
    }
}
