using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Where the diagonal Σ_n Σ_c (Σ_p δ_c[n, o, p] X[n, j, p])² of a weight, or the product of two such sums, is put together: the product
/// that the weight enters through, and the rows o that are asked for.
/// </summary>
/// <param name="Path">The path from the weight to the loss's output.</param>
/// <param name="Entry">The tangent of the product's output.</param>
/// <param name="Product">The product, with X of shape [N, G, J, P].</param>
/// <param name="Outputs">O, the rows of one group.</param>
/// <param name="Rows">First row and row after the last, where not all are asked for.</param>
/// <param name="RowsComeFirst">Whether the product's output is [N, O, positions…], as that of a convolution is and that of a matrix
/// product, [N, positions…, O], is not.</param>
internal sealed record ContractionSite(
    TargetPath Path,
    Value Entry,
    UnfoldedProduct Product,
    Dim Outputs,
    (long Start, long End)? Rows,
    bool RowsComeFirst
)
{
    /// <summary>The number of groups.</summary>
    public Dim Groups => Product.Unfolded.Type.Shape[1];

    /// <summary>J, the entries of a row.</summary>
    public Dim Inner => Product.Unfolded.Type.Shape[2];

    /// <summary>P, the positions.</summary>
    public Dim Positions => Product.Unfolded.Type.Shape[3];

    /// <summary>The number of rows that are asked for, of one group.</summary>
    public Dim RowCount => Rows is { } rows ? rows.End - rows.Start : Outputs;

    /// <summary>A value cut to the rows that are asked for, along an axis of size <see cref="Outputs"/>.</summary>
    public Value Cut(GraphBuilder b, Value value, int axis) =>
        Rows is { } rows ? Ops.Structure.Slice.Of(b, value, axis, rows.Start, rows.End) : value;

    /// <summary>Directions [K, *z] pulled back to the product's output, as [K, N, G, rows, P].</summary>
    public DirectionPair Pull(ChunkLoop chunkLoop, DirectionPair directions) =>
        directions
            .Select(side =>
                Cut(
                    chunkLoop.Body,
                    Product.Cotangents(chunkLoop.Body, Path.Pull(chunkLoop.Outer, chunkLoop.Body, Entry, Path.Tangent.Outputs[0]!, side)),
                    3
                )
            )
            .Resolved(chunkLoop.Body, SampleLayout.At(0));
}
