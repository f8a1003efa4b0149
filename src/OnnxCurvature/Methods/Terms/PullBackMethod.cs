using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Terms;

/// <summary>
/// The diagonal Σ_n Σ_c (Jₙᵀ a_nc) ⊙ (Jₙᵀ b_nc) from the columns of a second derivative at a value after the target: one vector-Jacobian
/// product for each column, or two where its sides differ.
/// </summary>
public sealed class PullBackMethod : IColumnMethod
{
    private readonly TargetPath _path;
    private readonly ColumnSource _source;
    private readonly WeightEntry? _entry;
    private readonly IContraction? _contraction;

    /// <summary>The method for one path and the columns at its end; <paramref name="entry"/> tells how the target enters.</summary>
    public PullBackMethod(GraphBuilder b, TargetPath path, ColumnSource source, WeightEntry? entry, PlanLimits limits)
    {
        (_path, _source, _entry) = (path, source, entry);
        _contraction = entry is null ? null : ContractionChoice.Of(b, entry.Site, source.Columns, limits);
    }

    /// <inheritdoc/>
    public Target Target => _path.Target;

    /// <inheritdoc/>
    public string Description => _contraction?.Description ?? "pull-backs of each sample, multiplied entry by entry";

    /// <inheritdoc/>
    public long Columns => _source.Columns;

    /// <inheritdoc/>
    public object Kind => _source;

    /// <inheritdoc/>
    public ColumnPair MakeColumns(ColumnStage stage)
    {
        stage.Body.Origin = "columns of the curvature";
        var columns = _source.ColumnsAt(stage);
        stage.Body.Origin = null;
        return columns;
    }

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, ColumnPair columns)
    {
        var outer = stage.Outer;
        var origin = $"curvature of '{Target.Name}'";
        outer.Origin = stage.Body.Origin = origin;
        var finish = _contraction is null ? Products(stage, columns) : Contract(stage, columns);
        outer.Origin = stage.Body.Origin = null;
        return () =>
        {
            outer.Origin = origin;
            var result = _source.Weight is { } weight ? Mul.Of(outer, weight, finish()) : finish();
            outer.Origin = null;
            return result;
        };
    }

    /// <summary>Any path: forms every sample's pull-back, multiplies and adds.</summary>
    private Func<Value> Products(ColumnStage stage, ColumnPair columns)
    {
        var (outer, body) = (stage.Outer, stage.Body);
        var separates = _path.Separates;
        var tangent = separates ? _path.Separated(outer) : _path.Tangent;
        // [K, *w], or [K, N, *w].
        var lead = separates ? 2 : 1;
        var pulled = columns.Select(side => _path.Pull(outer, body, tangent.Inputs[0], tangent.Outputs[0]!, side));
        if (Target.IsPart)
            pulled = pulled.Select(side => Slice.Of(body, side, lead, Target.Start, Target.End));
        body.Origin = outer.Origin;
        var samples = separates ? SampleLayout.At(0) : _path.AxisOf(Target.Value);
        var term = ReduceSum.Of(body, pulled.Resolved(body, samples).Product(body), separates ? [0, 1] : [0], keepDims: false);
        var slot = stage.Accumulate(term);
        return () => Reshape.To(outer, stage.Result(slot), Target.ResultType.Shape);
    }

    /// <summary>
    /// A target that is the weight of one matrix product: the columns are pulled back to the product's output only, and contracted
    /// there.
    /// </summary>
    private Func<Value> Contract(ColumnStage stage, ColumnPair columns)
    {
        var diagonal = _contraction!.Build(stage, columns);
        return () => _entry!.Place(diagonal());
    }
}
