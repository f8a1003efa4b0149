using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>Forms every sample's gradient for every direction, squares and adds.</summary>
internal sealed class DirectContraction(ContractionSite site) : IContraction
{
    /// <inheritdoc/>
    public string Description => $"gradients of each direction over {site.Positions} positions, squared";

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var body = chunkLoop.Body;
        // [K, N, G, O, P] · [N, G, P, J]
        var gradients = site.Pull(chunkLoop, directions)
            .Select(delta => MatMul.Of(body, delta, TransposeAxes.Last(chunkLoop.Outer, site.Product.Unfolded)));
        var slot = chunkLoop.Accumulate(ReduceSum.Of(body, gradients.Product(body), [0, 1], keepDims: false));
        return () => chunkLoop.Result(slot);
    }
}
