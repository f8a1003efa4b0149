using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

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
    private readonly (IContraction Contraction, ContractionSite Site, (Node Node, int Input, UnfoldedProduct Product) Entry)? _contraction;

    /// <summary>The method for one path; <paramref name="reason"/> says why the result is exact.</summary>
    public LossFactorMethod(GraphBuilder b, FactorPath path, LossFactor factor, string reason, PlanLimits limits)
    {
        (_path, _factor) = (path, factor);
        _contraction = Choose(b, limits);
        Reason = _contraction is { } chosen ? $"{reason}; {chosen.Contraction.Description}" : $"{reason}; pull-backs of each sample, squared";
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
        var outer = stage.Outer;
        var (contraction, site, entry) = _contraction!.Value;
        var sum = contraction.Build(stage, columns);
        return () =>
        {
            if (site.Rows is not null)
                return Reshape.To(outer, sum(), Target.ResultType.Shape);
            var result = Reordered(outer, entry.Node.Inputs[entry.Input]!, entry.Product.Weight(outer, sum()));
            return Reshape.To(outer, Target.IsPart ? Slice.Of(outer, result, 0, Target.Start, Target.End) : result, Target.ResultType.Shape);
        };
    }

    private (IContraction, ContractionSite, (Node Node, int Input, UnfoldedProduct Product))? Choose(GraphBuilder b, PlanLimits limits)
    {
        if (_path.Entry(b) is not { } entry)
            return null;
        var (weight, shape) = (entry.Node.Inputs[entry.Input]!, _path.Target.Value.Type.Shape);
        var probe = entry.Product.Cotangents(b, b.Parameter(entry.Node.Output.Type with { Shape = entry.Node.Output.Type.Shape.Prepend(1) }));
        var outputs = probe.Type.Shape[3];
        var plain = b.Parameter(weight.Type with { Shape = [entry.Product.Columns.Type.Shape[1], outputs, entry.Product.Columns.Type.Shape[2]] });
        var keepsOrder = GraphWalk.Ancestors([entry.Product.Weight(b, plain)]).All(node => node.Operator is Reshape);
        // Where the rows that are asked for are outputs of one group, the others are not computed at all.
        var rows = Target.IsPart && weight == _path.Tangent.Inputs[0] && keepsOrder && outputs == shape[0];
        var site = new ContractionSite(_path, entry.Node.Output, entry.Product, outputs, rows ? (Target.Start, Target.End) : null);
        return (ContractionChoice.Of(b, site, _factor.Columns, limits), site, entry);
    }

    /// <summary>Takes entries in the order of the product's weight back to the target's own.</summary>
    private Value Reordered(GraphBuilder outer, Value weight, Value diagonal) =>
        new LinearProgram(_path.Tangent.Inputs, [weight]).Transpose(outer, [diagonal])[0]!;
}
