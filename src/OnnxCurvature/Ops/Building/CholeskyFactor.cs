using OnnxCurvature.Ir;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// The Cholesky factorization A = L Lᵀ of symmetric positive semidefinite matrices in double, by nodes. Columns are eliminated a panel at a
/// time, in a Loop, and what is left follows by one matrix product for each panel (Golub and Van Loan, Matrix Computations, 4.2.9).
/// </summary>
/// <remarks>
/// The matrices are scaled to ones on their diagonals first, so that the error L Lᵀ − A is about n·2⁻⁵² of √(a_ii a_jj), entry by entry. A
/// pivot that is no more than a roundoff is taken for zero, with its column: of a positive semidefinite matrix that is zero, too.
/// </remarks>
internal static class CholeskyFactor
{
    /// <summary>Columns of a panel, which stays in the cache while they are eliminated.</summary>
    private const int PanelColumns = 64;

    /// <summary>The smallest pivot that is not taken for zero, of a matrix whose diagonal is one.</summary>
    private const double SmallestPivot = 1.0 / (1L << 52);

    /// <summary>The columns of L, one after another.</summary>
    /// <param name="b">Where nodes are built.</param>
    /// <param name="matrices">Matrices in float64, [N, n, n], with n known.</param>
    /// <param name="element">The type of the columns, into which they are rounded.</param>
    /// <returns>[n, N, n]: of each column of L the entries of all matrices.</returns>
    public static Value Columns(GraphBuilder b, Value matrices, ElementType element)
    {
        var size = matrices.Type.Shape[1].Factor;
        var scale = Scale(b, matrices);
        var inverse = Inverse(b, scale, 0);
        var scaled = Mul.Of(b, Mul.Of(b, matrices, Reshape.InsertAxis(b, inverse, 1)), Reshape.InsertAxis(b, inverse, 2));
        // All panels are of one width, so that one body does for them; pivots beyond the last are zero, and so are their columns.
        var panels = (size + PanelColumns - 1) / PanelColumns;
        var added = panels * PanelColumns - size;
        var whole = added == 0 ? scaled : Pad.Of(b, Pad.Of(b, scaled, 1, 0, added), 2, 0, added);
        var columns = Panels(b, whole, added == 0 ? scale : Pad.Of(b, scale, 1, 0, added), panels, element);
        var all = Reshape.To(b, columns, columns.Type.Shape.Remove(0).With(0, panels * PanelColumns));
        return added == 0 ? all : Slice.Of(b, Slice.Of(b, all, 0, 0, size), 2, 0, size);
    }

    /// <summary>√a_ii of each matrix, [N, n].</summary>
    private static Value Scale(GraphBuilder b, Value matrices)
    {
        var size = matrices.Type.Shape[1].Factor;
        var indices = b.Vector(size, index => index);
        var diagonal = Mul.Of(b, matrices, OneHotRows.Of(b, indices, size, ElementType.Float64));
        return Catalogue.Get<Sqrt>().Apply(b, [ReduceSum.Of(b, diagonal, [2], keepDims: false)]).Output;
    }

    /// <summary>1/x where x is greater than <paramref name="smallest"/>, and else zero.</summary>
    private static Value Inverse(GraphBuilder b, Value x, double smallest)
    {
        var (one, zero) = (b.Scalar(ElementType.Float64, 1), b.Scalar(ElementType.Float64, 0));
        var isGreater = Greater.Of(b, x, b.Scalar(ElementType.Float64, smallest));
        return Where.Of(b, isGreater, Div.Of(b, one, Where.Of(b, isGreater, x, one)), zero);
    }

    /// <summary>
    /// The columns of all panels, [panels, width, N, n]: those of a panel are eliminated, multiplied by the scale and rounded, and what
    /// they give is taken off the matrices.
    /// </summary>
    private static Value Panels(GraphBuilder b, Value matrices, Value scale, long panels, ElementType element) =>
        Repeated(
            b,
            matrices,
            panels,
            (body, panel, rest) =>
            {
                var first = Mul.Of(body, panel, body.Scalar(ElementType.Int64, PanelColumns));
                var own = Add.Of(body, first, body.Vector([.. Enumerable.Range(0, PanelColumns).Select(index => (long)index)]));
                var columns = Eliminated(body, Gather.Of(body, rest, own, 2), own);
                var product = MatMul.Of(body, TransposeAxes.Of(body, columns, 1, 2, 0), TransposeAxes.Of(body, columns, 1, 0, 2));
                return (Sub.Of(body, rest, product), Cast.Of(body, Mul.Of(body, columns, Reshape.InsertAxis(body, scale, 0)), element));
            }
        );

    /// <summary>
    /// The columns [width, N, n] of L of a panel [N, n, width] of what is left of the matrices: of each the pivot's column over the root of
    /// the pivot, a, after which a aᵀ is taken off the panel.
    /// </summary>
    private static Value Eliminated(GraphBuilder b, Value panel, Value own) =>
        Repeated(
            b,
            panel,
            PanelColumns,
            (body, index, left) =>
            {
                var pivotal = Gather.Of(body, left, index, 2);
                var rows = Gather.Of(body, pivotal, own, 1);
                var pivot = Gather.Of(body, rows, Reshape.InsertAxis(body, index, 0), 1);
                var root = Catalogue.Get<Sqrt>().Apply(body, [Inverse(body, pivot, SmallestPivot)]).Output;
                var column = Mul.Of(body, pivotal, root);
                var product = Mul.Of(body, Reshape.InsertAxis(body, column, 2), Reshape.InsertAxis(body, Mul.Of(body, rows, root), 1));
                return (Sub.Of(body, left, product), column);
            }
        );

    /// <summary>The rows that the iterations of a Loop give out, one after another along a new first axis.</summary>
    /// <param name="outer">Where the Loop is built.</param>
    /// <param name="initial">Its state before the first.</param>
    /// <param name="iterations">Their number.</param>
    /// <param name="step">From the number of an iteration and the state to the next state and what is given out.</param>
    private static Value Repeated(
        GraphBuilder outer,
        Value initial,
        long iterations,
        Func<GraphBuilder, Value, Value, (Value Next, Value Given)> step
    )
    {
        var body = new GraphBuilder(outer);
        var index = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var going = body.Parameter(new TensorType(ElementType.Bool, TensorShape.Scalar));
        var state = body.Parameter(initial.Type);
        var (next, given) = step(body, index, state);
        // An output of a body that is one of its parameters as it is trips some runtimes, hence the Identity.
        var still = Catalogue.Get<Identity>().Apply(body, [going]).Output;
        var program = body.Build(
            [index, going, state],
            [new NamedValue("going", still), new NamedValue("next", next), new NamedValue("given", given)]
        );
        return Catalogue
            .Get<Loop>()
            .Apply(
                outer,
                [outer.Scalar(ElementType.Int64, iterations), null, initial],
                Attributes.Empty.With("body", program),
                2,
                [initial.Type, given.Type with { Shape = given.Type.Shape.Prepend(iterations) }]
            )
            .Outputs[1];
    }
}
