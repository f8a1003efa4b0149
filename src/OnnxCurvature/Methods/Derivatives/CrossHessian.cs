using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The block ∂²L/∂u∂w of two targets, [*u, *w]; where both hold the same independent samples a block for each, [N, *uₙ, *wₙ]. The gradient
/// of the target with more entries is derived along each entry of the other one.
/// </summary>
internal sealed class CrossHessian
{
    private readonly SharedDirections _shared = new();
    private readonly GraphBuilder _b;
    private readonly TargetPair _pair;
    private readonly SampleLayout _first;
    private readonly SampleLayout _second;
    private readonly UnitDirections _unit;
    private readonly bool _alongFirst;
    private readonly LinearProgram _product;

    /// <summary>
    /// Prepares the block. Throws <see cref="UserErrorException"/> where it takes too much, or one target depends on the other, since the
    /// two orders of differentiation differ then.
    /// </summary>
    /// <param name="b">The builder.</param>
    /// <param name="pair">The targets.</param>
    /// <param name="gradients">The gradients in them.</param>
    /// <param name="samples">Where the samples lie of which there is a block each; none in both where there is one block.</param>
    /// <param name="limits">The limits of the block.</param>
    public CrossHessian(
        GraphBuilder b,
        TargetPair pair,
        (Value First, Value Second) gradients,
        (SampleLayout First, SampleLayout Second) samples,
        PlanLimits limits
    )
    {
        (_b, _pair, (_first, _second)) = (b, pair, samples);
        var (first, second) = (pair.First.Value, pair.Second.Value);
        if (DependsOn(first, second) || DependsOn(second, first))
            throw new UserErrorException(
                $"The {Quantity.CrossHessian.Name()} of '{pair.First.Name}' and '{pair.Second.Name}' is not defined, because one is "
                    + $"computed from the other; name values that do not depend on each other."
            );
        var (rows, columns) = (new UnitDirections(pair.First, _first), new UnitDirections(pair.Second, _second));
        new HessianBlock(rows.Count, columns.Count, _first.IsSeparate ? _first.SamplesOf(first.Type.Shape) : null).RequireFits(
            limits,
            first.Type.Element,
            $"The {Quantity.CrossHessian.Name()} of '{pair.First.Name}' and '{pair.Second.Name}'",
            first.Name!
        );
        _alongFirst = rows.Count < columns.Count;
        _unit = _alongFirst ? rows : columns;
        _product = _alongFirst ? b.HessianProduct(gradients.Second, first) : b.HessianProduct(gradients.First, second);
    }

    /// <summary>The products with the directions of one target.</summary>
    public DirectionWork Work()
    {
        var (along, other, samples) = _alongFirst ? (_pair.First, _pair.Second, _second) : (_pair.Second, _pair.First, _first);
        return new DirectionWork(
            _pair.First with
            {
                Name = _pair.Name,
            },
            "Hessian-vector products",
            $"the derivative of the gradient in '{other.Name}' along each entry of '{along.Name}' is exact for any graph",
            _unit.Count,
            _shared,
            _unit.Make,
            (chunkLoop, directions) =>
            {
                var products = Times(chunkLoop.Body, directions, chunkLoop.ChunkSize, other.Value.Type);
                products = samples.IsSeparate
                    ? SamplesFirst.Of(chunkLoop.Body, products, samples, 1)
                    : other.RowsOf(chunkLoop.Body, products, 1);
                var slot = chunkLoop.Collect(products);
                return () => Placed(chunkLoop.Result(slot));
            }
        );
    }

    private static bool DependsOn(Value value, Value source) =>
        value == source || !GraphWalk.Between(new HashSet<Value> { source }, [value]).IsEmpty;

    private Value Times(GraphBuilder body, Value directions, Dim count, TensorType type) =>
        _product.Outputs[0] is { } direction
            ? body.Batch([direction], new Dictionary<Value, Value> { [_product.Inputs[0]] = directions }, count)[0]!
            : Expand.Of(body, body.Scalar(type.Element, 0), type.Shape.Prepend(count));

    /// <summary>Products [d, *other], or [d, N, *otherₙ], in the order of the result.</summary>
    private Value Placed(Value products)
    {
        var (first, second) = (_pair.First, _pair.Second);
        if (!_first.IsSeparate)
        {
            var (rows, columns) = (first.ResultType.Shape, second.ResultType.Shape);
            var flat = Reshape.To(_b, products, _alongFirst ? [rows.Elements, columns.Elements] : [columns.Elements, rows.Elements]);
            return Reshape.To(_b, _alongFirst ? flat : TransposeAxes.Of(_b, flat, 1, 0), rows.Concat(columns));
        }
        var (one, other) = (_first.Behind(first.Value.Type.Shape), _second.Behind(second.Value.Type.Shape));
        var (along, across) = _alongFirst ? (one, other) : (other, one);
        var count = _first.SamplesOf(first.Value.Type.Shape);
        var blocks = Reshape.To(_b, TransposeAxes.Move(_b, products, 0, 1), [count, along.Elements, across.Elements]);
        return Reshape.To(_b, _alongFirst ? blocks : TransposeAxes.Of(_b, blocks, 0, 2, 1), one.Concat(other).Prepend(count));
    }
}
