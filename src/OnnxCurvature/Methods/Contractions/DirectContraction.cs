using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
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
    public Func<Value> Build(ColumnStage stage, ColumnPair columns)
    {
        var body = stage.Body;
        // [K, N, G, O, P] · [N, G, P, J]
        var gradients = site.Pull(stage, columns).Select(delta => MatMul.Of(body, delta, TransposeAxes.Last(stage.Outer, site.Product.Columns)));
        var slot = stage.Accumulate(ReduceSum.Of(body, gradients.Product(body), [0, 1], keepDims: false));
        return () => stage.Result(slot);
    }
}
