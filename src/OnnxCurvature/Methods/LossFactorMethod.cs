using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods;

/// <summary>
/// The diagonal of the generalized Gauss–Newton matrix, Σ_n Σ_c (Jₙᵀ s_nc)², from the columns s of a square root of the loss's
/// Hessian: one vector-Jacobian product for each column. Where the loss is the only curvature source after the target this is
/// the diagonal of the Hessian.
/// </summary>
public sealed class LossFactorMethod(FactorPath path, LossFactor factor, string reason) : IColumnMethod
{
    /// <inheritdoc/>
    public Target Target => path.Target;

    /// <inheritdoc/>
    public string Name => "loss factor";

    /// <inheritdoc/>
    public string Reason => reason;

    /// <inheritdoc/>
    public long Columns => factor.Columns;

    /// <inheritdoc/>
    public object Kind => factor;

    /// <inheritdoc/>
    public Value MakeColumns(ColumnStage stage)
    {
        stage.Body.Origin = "columns of the loss factor";
        var columns = stage.Masked(factor.ColumnsAt(stage.Body, stage.Indices));
        stage.Body.Origin = null;
        return columns;
    }

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, Value columns)
    {
        var outer = stage.Outer;
        var origin = $"curvature of '{Target.Name}'";
        outer.Origin = stage.Body.Origin = origin;
        var finish = path.Entry(outer) is { } entry
            ? Contract(stage, columns, entry.Node, entry.Input, entry.Product)
            : Squares(stage, columns);
        outer.Origin = stage.Body.Origin = null;
        return () =>
        {
            outer.Origin = origin;
            var result = Mul.Of(outer, factor.Weight, finish());
            outer.Origin = null;
            return result;
        };
    }

    /// <summary>Any path: forms every sample's pull-back, squares and adds.</summary>
    private Func<Value> Squares(ColumnStage stage, Value columns)
    {
        var (outer, body) = (stage.Outer, stage.Body);
        var separates = path.Separates;
        var tangent = separates ? path.Separated(outer) : path.Tangent;
        // [K, *w], or [K, N, *w].
        var pulled = path.Pull(outer, body, tangent.Inputs[0], tangent.Outputs[0]!, columns);
        var lead = separates ? 2 : 1;
        if (Target.IsPart)
            pulled = Slice.Of(body, pulled, lead, Target.Start, Target.End);
        body.Origin = outer.Origin;
        var term = ReduceSum.Of(body, Mul.Of(body, pulled, pulled), separates ? [0, 1] : [0], keepDims: false);
        var slot = stage.Accumulate(term);
        return () => Reshape.To(outer, stage.Result(slot), Target.ResultType.Shape);
    }

    /// <summary>
    /// A target that is the weight of one matrix product: the columns are pulled back to the product's output δ only, and
    /// (Σ_p δ[o, p] X[j, p])² is summed from there. With one position it is Σ δ² · X².
    /// </summary>
    private Func<Value> Contract(ColumnStage stage, Value columns, Node entry, int input, UnfoldedProduct product)
    {
        var (outer, body) = (stage.Outer, stage.Body);
        var delta = path.Pull(outer, body, entry.Output, path.Tangent.Outputs[0]!, columns);
        body.Origin = outer.Origin;
        // X [N, G, J, P] and δ [K, N, G, O, P].
        var x = product.Columns;
        var cotangents = product.Cotangents(body, delta);
        var (groups, outputs, inner, positions) = (x.Type.Shape[1], cotangents.Type.Shape[3], x.Type.Shape[2], x.Type.Shape[3]);
        var direct = entry.Inputs[input] == path.Tangent.Inputs[0];
        // Where the rows that are asked for are output channels of one group, the others are not computed at all.
        var rows = Target.IsPart && direct && groups.IsOne && outputs == Target.Value.Type.Shape[0];
        if (rows)
        {
            cotangents = Slice.Of(body, cotangents, 3, Target.Start, Target.End);
            outputs = Target.End - Target.Start;
        }
        ColumnStage.Slot slot;
        Func<Value> sum;
        if (positions.IsOne)
        {
            var squares = ReduceSum.Of(body, Mul.Of(body, cotangents, cotangents), [0], keepDims: false);
            slot = stage.Accumulate(Reshape.To(body, squares, [path.Samples, groups, outputs]));
            sum = () =>
            {
                // [G, O, N] · [G, N, J]
                var left = TransposeAxes.Of(outer, stage.Result(slot), 1, 2, 0);
                var right = TransposeAxes.Of(outer, Reshape.To(outer, Mul.Of(outer, x, x), [path.Samples, groups, inner]), 1, 0, 2);
                return MatMul.Of(outer, left, right);
            };
        }
        else
        {
            // [K, N, G, O, P] · [N, G, P, J]
            var products = MatMul.Of(body, cotangents, TransposeAxes.Last(outer, x));
            slot = stage.Accumulate(ReduceSum.Of(body, Mul.Of(body, products, products), [0, 1], keepDims: false));
            sum = () => stage.Result(slot);
        }
        return () =>
        {
            var result = sum();
            if (rows)
                return Reshape.To(outer, result, Target.ResultType.Shape);
            result = Reordered(outer, entry, input, product.Weight(outer, result));
            return Reshape.To(outer, Target.IsPart ? Slice.Of(outer, result, 0, Target.Start, Target.End) : result, Target.ResultType.Shape);
        };
    }

    /// <summary>Takes entries in the order of the product's weight back to the target's own.</summary>
    private Value Reordered(GraphBuilder outer, Node entry, int input, Value diagonal) =>
        new Transforms.LinearProgram(path.Tangent.Inputs, [entry.Inputs[input]]).Transpose(outer, [diagonal])[0]!;
}
