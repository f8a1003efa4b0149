using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Staging;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// XDiag (Epperly, Tropp and Webber, 2024). With random signs Ω, Y = HΩ and an orthonormal basis Q of Y's directions, diag(QQᵀH) is known
/// from as many further products, and Hutchinson's estimate is needed of the rest alone. Each direction is left out once, so that what is
/// estimated with it does not depend on it: with u_i the unit vector in the span of Y that is orthogonal to all other directions, d_i =
/// diag(QQᵀH) − u_i ⊙ Hu_i + ω_i ⊙ u_i (u_iᵀy_i), and the estimate is their mean.
/// </summary>
internal sealed class LeaveOneOutDiagonal
{
    private readonly SharedDirections _shared = new();
    private const int MostProbes = 64;

    private readonly GraphBuilder _b;
    private readonly Target _target;
    private readonly ProductDerivatives _products;
    private readonly CurvatureRequest _request;
    private readonly long _entries;
    private readonly Value _signs;
    private readonly Value _images;
    private readonly Value _basis;
    private readonly Value _duals;
    private ChunkLoop? _chunkLoop;
    private ChunkLoop.Slot _slot;

    /// <summary>
    /// Builds the first products and the basis. Throws <see cref="UserErrorException"/> for more directions than are taken.
    /// </summary>
    public LeaveOneOutDiagonal(
        GraphBuilder b,
        Target target,
        ProductDerivatives products,
        CurvatureRequest request,
        ProbeSeed seed,
        PlanLimits limits
    )
    {
        _b = b;
        _target = target;
        _products = products;
        _request = request;
        _entries = products.Entries;
        if (request.Probes > Math.Min(MostProbes, _entries))
            throw new UserErrorException(
                $"--method xdiag takes at most {Math.Min(MostProbes, _entries)} probes for '{target.Name}', and {request.Probes} were "
                    + $"asked for; give fewer with --probes, or --method {(_entries < MostProbes ? "exact" : "hutchinson")}."
            );
        _signs = SeededNumbers.Signs(b, SeededNumbers.Positions(b, request.Probes), _entries, seed, Element);
        var first = new DirectionWork(
            target,
            "xdiag",
            "",
            request.Probes,
            new SharedDirections(),
            chunkLoop => SeededNumbers.Signs(chunkLoop.Body, chunkLoop.Indices, _entries, seed, Element),
            (chunkLoop, directions) =>
            {
                var slot = chunkLoop.Collect(products.Flat(chunkLoop, directions));
                return () => chunkLoop.Result(slot);
            }
        );
        _images = new ChunkLoopBuilder(b, new CostModel(limits), limits).Build([first]).Results[0];
        (_basis, _duals) = Orthonormal();
    }

    /// <summary>The estimate.</summary>
    public DirectionWork Mean => Work(samples => ReduceMean.Of(_b, samples, [0], keepDims: false));

    /// <summary>The spread of the leave-one-out estimates as a standard error of their mean.</summary>
    public DirectionWork StandardError =>
        Work(samples =>
        {
            var off = Sub.Of(_b, samples, ReduceMean.Of(_b, samples, [0], keepDims: true));
            var sum = new Expr(_b, ReduceSum.Of(_b, Mul.Of(_b, off, off), [0], keepDims: false));
            return (sum / ((double)_request.Probes * (_request.Probes - 1))).Through<Sqrt>();
        });

    private ElementType Element => _target.Value.Type.Element;

    private DirectionWork Work(Func<Value, Value> of) =>
        new(
            _target,
            _request.Estimator.Name(),
            $"an estimate from {_request.Probes} vectors of random signs (seed {_request.Seed}) and {_request.Probes} further products, "
                + $"each vector left out once; the standard error is the spread of these estimates, which share their basis",
            _request.Probes,
            _shared,
            chunkLoop => chunkLoop.Masked(Gather.Of(chunkLoop.Body, _basis, chunkLoop.Indices, 0)),
            (chunkLoop, directions) =>
            {
                if (_chunkLoop != chunkLoop)
                    (_chunkLoop, _slot) = (chunkLoop, chunkLoop.Collect(_products.Flat(chunkLoop, directions)));
                return () => Reshape.To(_b, of(Samples(chunkLoop.Result(_slot))), _target.ResultType.Shape);
            }
        );

    /// <summary>The leave-one-out estimates [P, n], given the products of the basis [P, n].</summary>
    private Value Samples(Value products)
    {
        var spanned = ReduceSum.Of(_b, Mul.Of(_b, _basis, products), [0], keepDims: true);
        var left = MatMul.Of(_b, _duals, _basis);
        var leftOut = Mul.Of(_b, left, MatMul.Of(_b, _duals, products));
        var along = ReduceSum.Of(_b, Mul.Of(_b, left, _images), [1], keepDims: true);
        var rest = Mul.Of(_b, Mul.Of(_b, _signs, left), along);
        return Add.Of(_b, Sub.Of(_b, spanned, leftOut), rest);
    }

    /// <summary>
    /// An orthonormal basis Q [P, n] of the images' rows by the modified Gram–Schmidt process, zero where a row depends on those before;
    /// and the coefficients [P, P] in it of the unit vectors u_i, which are the normalized directions of X where Q = X Y.
    /// </summary>
    private (Value Basis, Value Duals) Orthonormal()
    {
        var probes = _request.Probes;
        var identity = OneHotRows.Of(_b, SeededNumbers.Positions(_b, probes), probes, Element);
        var rows = Concat.Of(_b, [Normalized(_images), identity], 1);
        var (basis, coefficients) = (new List<Value>(), new List<Value>());
        for (var row = 0; row < probes; row++)
        {
            var own = Slice.Of(_b, rows, 0, 0, 1);
            own = Mul.Of(_b, own, Inverse(Slice.Of(_b, own, 1, 0, _entries)));
            var vector = Slice.Of(_b, own, 1, 0, _entries);
            basis.Add(vector);
            coefficients.Add(Slice.Of(_b, own, 1, _entries, _entries + probes));
            if (row == probes - 1)
                break;
            var others = Slice.Of(_b, rows, 0, 1, probes - row);
            var along = MatMul.Of(_b, Slice.Of(_b, others, 1, 0, _entries), TransposeAxes.Of(_b, vector, 1, 0));
            rows = Sub.Of(_b, others, Mul.Of(_b, along, own));
        }
        return (Concat.Of(_b, basis, 0), Normalized(TransposeAxes.Of(_b, Concat.Of(_b, coefficients, 0), 1, 0)));
    }

    private Value Normalized(Value rows) => Mul.Of(_b, rows, Inverse(rows));

    /// <summary>1 / ‖row‖ [P, 1], and 0 for rows that are nothing but rounding.</summary>
    private Expr Inverse(Value rows)
    {
        var norm = new Expr(_b, ReduceSum.Of(_b, Mul.Of(_b, rows, rows), [1], keepDims: true)).Through<Sqrt>();
        var counts = norm.GreaterThan(Element == ElementType.Float64 ? 1e-10 : 1e-4);
        return counts / (norm + (1 - counts));
    }
}
