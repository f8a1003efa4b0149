using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Sparsity;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Gram matrices at the argmax positions of a pooling, and their contraction with X, of each row o of the weight only at the positions at
/// which the slopes after the product are other than zero: directions are zero at the others.
/// </summary>
internal sealed class NonzeroPositions
{
    /// <summary>The cost of a row of the weight by itself: so many nodes.</summary>
    private const double LaunchesOfARow = 150;

    private readonly ContractionSite _site;
    private readonly NonzeroChannels _nonzero;
    private readonly Value _counts;
    private readonly Value _indices;
    private readonly Func<GraphBuilder, Value, Value> _x;
    private readonly Func<Value, Value> _inOrder;

    /// <summary>The nonzero positions of a site's rows.</summary>
    public NonzeroPositions(GraphBuilder outer, ContractionSite site, PositionSelection selection)
    {
        _site = site;
        _nonzero = NonzeroChannels.Of(outer, TransposeAxes.Of(outer, site.Cut(outer, selection.Slopes!, 1), 0, 2, 1), isMask: true);
        _counts = _nonzero.Counts(outer);
        var argmax = Reshape.To(outer, site.Cut(outer, selection.ArgmaxPositions, 1), [site.RowCount, selection.Positions]);
        if (site.Product.Windows is { } windows)
        {
            _indices = windows.Starts(outer, argmax);
            _x = (iteration, at) => windows.Gather(outer, iteration, at);
            _inOrder = rows => windows.InOrder(outer, rows);
        }
        else
        {
            var table = Reshape.To(outer, TransposeAxes.Last(outer, site.Product.Unfolded), [site.Positions, site.Inner]);
            (_indices, _x, _inOrder) = (argmax, (iteration, at) => Gather.Of(iteration, table, at, 0), rows => rows);
        }
    }

    private Dim Positions => _indices.Type.Shape[1];

    /// <summary>Whether it is possible: for one sample.</summary>
    public static bool Serve(ContractionSite site, PositionSelection selection) =>
        site.Path.Samples.IsOne
        && selection is { Slopes: not null, Positions.IsKnown: true }
        && site.RowCount.IsKnown
        && site.Inner.IsKnown;

    /// <summary>Whether that is expected to be faster than all rows and directions, where it is possible.</summary>
    public static bool AreWorthwhile(ContractionSite site, PositionSelection selection, MachineProfile machine)
    {
        var (density, positions) = (ActivationMask.DensityOf(selection.Slopes!), selection.Positions.Factor);
        var saved = 2.0 * positions * positions * site.Inner.Factor * (1 - density * density);
        return saved / machine.ProductFlops > LaunchesOfARow * machine.LaunchSeconds;
    }

    /// <summary>
    /// Adds the work on a chunk of directions δ at the argmax positions, slopes included, [K, 1, O, Q]; the result builds the diagonal [1,
    /// rows, J].
    /// </summary>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (body, all) = (chunkLoop.Body, directions.Left.Type.Shape);
        // The entries that are gathered for a row of the weight are rows of memory: [Q * O, K].
        var tables = directions.Select(side =>
            Reshape.To(body, TransposeAxes.Of(body, Reshape.To(body, side, [all[0], all[2], all[3]]), 2, 1, 0), [all[3] * all[2], all[0]])
        );
        if (chunkLoop.IsSingle)
        {
            var sum = chunkLoop.Accumulate(Rows(body, (iteration, row) => Contracted(iteration, row, Gram(iteration, row))));
            return () => Placed(chunkLoop.Outer, chunkLoop.Result(sum));
        }
        var grams = chunkLoop.Accumulate(Rows(body, (iteration, row) => ZeroPadded(iteration, row, Gram(iteration, row))));
        return () =>
            Placed(
                chunkLoop.Outer,
                Rows(
                    chunkLoop.Outer,
                    (iteration, row) =>
                        Contracted(iteration, row, Cut(iteration, row, Gather.Of(iteration, chunkLoop.Result(grams), row.Number, 0)))
                )
            );

        // Σ_c δ_c[o, at] δ_c[o, at]ᵀ
        Value Gram(GraphBuilder iteration, Row row)
        {
            var first = Mul.Of(iteration, row.At, iteration.Scalar(ElementType.Int64, all[2].Factor));
            var indices = Add.Of(
                iteration,
                first,
                _site.Rows is { Start: not 0 } rows
                    ? Add.Of(iteration, row.Number, iteration.Scalar(ElementType.Int64, rows.Start))
                    : row.Number
            );
            var gathered = tables.Select(table => Gather.Of(iteration, table, indices, 0));
            return Catalogue
                .Get<Gemm>()
                .Apply(iteration, [gathered.Left, gathered.Right ?? gathered.Left], Attributes.Empty.With("transB", 1L))
                .Output;
        }
    }

    /// <summary>A value for each row of the weight, [rows, …].</summary>
    private Value Rows(GraphBuilder b, Func<GraphBuilder, Row, Value> value)
    {
        var iteration = new GraphBuilder(b) { Origin = b.Origin };
        var number = iteration.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var count = Gather.Of(iteration, _counts, number, 0);
        var row = new Row(number, _nonzero.First(iteration, _nonzero.Indices, number, count), count);
        var numbers = b.Vector([.. Enumerable.Range(0, (int)_site.RowCount.Factor).Select(row => (long)row)]);
        return Scan.Of(b, numbers, iteration.Build([number], [new NamedValue("row", value(iteration, row))]), gathersNonzero: true);
    }

    /// <summary>Σ_pq X[p, j] G[p, q] X[q, j] over nonzero positions, [J].</summary>
    private Value Contracted(GraphBuilder iteration, Row row, Value gram)
    {
        var x = _x(iteration, Gather.Of(iteration, Gather.Of(iteration, _indices, row.Number, 0), row.At, 0));
        return ReduceSum.Of(iteration, Mul.Of(iteration, MatMul.Of(iteration, gram, x), x), [0], keepDims: false);
    }

    /// <summary>
    /// A matrix over the nonzero positions of a row, in the corner of one for all, [Q, Q]: rows have different numbers of them.
    /// </summary>
    private Value ZeroPadded(GraphBuilder iteration, Row row, Value gram)
    {
        var missing = Sub.Of(iteration, iteration.Vector(Positions.Factor), row.Count);
        var pads = Concat.Of(iteration, [iteration.Vector(0, 0), missing, missing], 0);
        var padded = Catalogue
            .Get<Pad>()
            .Apply(
                iteration,
                [gram, pads],
                types:
                [
                    gram.Type with
                    {
                        Shape = [Dim.OfData($"filled_{missing.Producer!.Id}"), Dim.OfData($"filled_{missing.Producer!.Id}")],
                    },
                ]
            )
            .Output;
        return Reshape.To(iteration, padded, [Positions, Positions]);
    }

    /// <summary>That corner.</summary>
    private static Value Cut(GraphBuilder iteration, Row row, Value padded)
    {
        var size = row.At.Type.Shape[0];
        return Catalogue
            .Get<Slice>()
            .Apply(
                iteration,
                [padded, iteration.Vector(0, 0), Concat.Of(iteration, [row.Count, row.Count], 0), iteration.Vector(0, 1)],
                types: [padded.Type with { Shape = [size, size] }]
            )
            .Output;
    }

    /// <summary>The rows as a diagonal. A row without nonzero positions, for which one stood in, is zero.</summary>
    private Value Placed(GraphBuilder outer, Value rows)
    {
        var isAnyNonzero = Cast.Of(
            outer,
            ReduceMax.Of(outer, Cast.Of(outer, _nonzero.Mask, ElementType.Float32), [1], keepDims: true),
            ElementType.Bool
        );
        var diagonal = Catalogue.Get<Where>().Apply(outer, [isAnyNonzero, rows, outer.Scalar(rows.Type.Element, 0)]).Output;
        return Reshape.To(outer, _inOrder(diagonal), [1, _site.RowCount, _site.Inner]);
    }

    /// <summary>A row of the weight: its number, its nonzero positions, and how many there are, one at least.</summary>
    private readonly record struct Row(Value Number, Value At, Value Count);
}
