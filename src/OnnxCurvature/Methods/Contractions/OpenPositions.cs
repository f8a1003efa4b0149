using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Gates;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Gram matrices at the winners of a pooling contracted with X, of each row o of the weight only those rows and columns at which the slopes after the product are
/// other than zero: the others are zero.
/// </summary>
internal static class OpenPositions
{
    private const double Flops = 300e9;

    /// <summary>What a row of the weight costs by itself, in seconds, as it was measured with ONNX Runtime 1.31 on two cores.</summary>
    private const double SecondsForARow = 200e-6;

    /// <summary>Whether it is possible: for one sample.</summary>
    public static bool Serve(ContractionSite site, PositionSelection selection) =>
        site.Path.Samples.IsOne && selection is { Slopes: not null, Positions.IsKnown: true } && site.RowCount.IsKnown && site.Inner.IsKnown;

    /// <summary>Whether that is expected to be faster than all rows and columns, where it is possible.</summary>
    public static bool AreWorthwhile(ContractionSite site, PositionSelection selection)
    {
        var (density, positions) = (Gate.DensityOf(selection.Slopes!), selection.Positions.Factor);
        return 2.0 * positions * positions * site.Inner.Factor * (1 - density * density) / Flops > SecondsForARow;
    }

    /// <summary>The diagonal [1, O, J] from Gram matrices [1, 1, O, Q, Q].</summary>
    public static Value Contract(GraphBuilder b, ContractionSite site, PositionSelection selection, Value gram)
    {
        var (rows, positions) = (site.RowCount, selection.Positions);
        var slopes = TransposeAxes.Of(b, site.Cut(b, selection.Slopes!, 1), 0, 2, 1);
        var open = ActiveChannels.Of(b, slopes, isMask: true);
        var counts = open.Counts(b);
        var winners = Reshape.To(b, site.Cut(b, selection.Winners, 1), [rows, positions]);
        var grams = Reshape.To(b, gram, [rows, positions, positions]);
        var table = Reshape.To(b, TransposeAxes.Last(b, site.Product.Columns), [site.Positions, site.Inner]);

        var body = new GraphBuilder(b) { Origin = b.Origin };
        var row = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var at = open.First(body, open.Indices, row, Gather.Of(body, counts, row, 0));
        var own = Gather.Of(body, Gather.Of(body, Gather.Of(body, grams, row, 0), at, 0), at, 1);
        var x = Gather.Of(body, table, Gather.Of(body, Gather.Of(body, winners, row, 0), at, 0), 0);
        var sum = ReduceSum.Of(body, Mul.Of(body, MatMul.Of(body, own, x), x), [0], keepDims: false);
        var numbers = b.Vector([.. Enumerable.Range(0, (int)rows.Factor).Select(number => (long)number)]);
        return Reshape.To(b, Scan.Of(b, numbers, body.Build([row], [new NamedValue("row", sum)])), [1, rows, site.Inner]);
    }
}
