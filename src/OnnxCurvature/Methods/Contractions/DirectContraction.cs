using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>Forms every sample's gradient for every column, squares and adds.</summary>
public sealed class DirectContraction(ContractionSite site) : IContraction
{
    /// <inheritdoc/>
    public string Description => $"gradients of each column over {site.Positions} positions, squared";

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, Value columns)
    {
        var body = stage.Body;
        // [K, N, G, O, P] · [N, G, P, J]
        var products = MatMul.Of(body, site.Pull(stage, columns), TransposeAxes.Last(stage.Outer, site.Product.Columns));
        var slot = stage.Accumulate(ReduceSum.Of(body, Mul.Of(body, products, products), [0, 1], keepDims: false));
        return () => stage.Result(slot);
    }
}
