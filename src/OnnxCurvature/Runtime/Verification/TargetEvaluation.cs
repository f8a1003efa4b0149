using System.Collections.Immutable;
using MathNet.Numerics.Random;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Runtime.Verification;

/// <summary>
/// The loss, the gradient and Hessian-vector products of a model near the value of one target, in double and without ONNX Runtime. Values
/// that do not depend on the target are computed once. May be asked by several threads at a time.
/// </summary>
internal sealed class TargetEvaluation
{
    /// <summary>How often the errors of rounding are sampled.</summary>
    private const int RoundingSamples = 3;

    private readonly Target _target;
    private readonly int _seed;
    private readonly CancellationToken _cancellation;

    private readonly Value _loss;
    private readonly Value _slope;
    private readonly Value _direction;
    private readonly Value? _product;

    /// <summary>The target and the direction of products: what evaluations set.</summary>
    private readonly HashSet<Value> _sources;

    /// <summary>The data, and all values that do not depend on the sources.</summary>
    private readonly Dictionary<Value, Tensor> _unmoved;

    /// <summary>The nodes that depend on the direction of products.</summary>
    private readonly ImmutableArray<Node> _turning;

    /// <summary>The value of the target: that of a weight, or what the model computes for an intermediate value.</summary>
    private readonly Tensor _point;

    private readonly Lazy<Dictionary<Value, Tensor>> _atPoint;
    private readonly Lazy<RoundingErrors[]> _firstOrder;

    /// <summary>Derives what is evaluated, and computes what does not depend on the target.</summary>
    /// <param name="model">The model, whose graph grows by the derivatives.</param>
    /// <param name="head">The loss.</param>
    /// <param name="data">The inputs of one batch.</param>
    /// <param name="target">The target.</param>
    /// <param name="seed">The seed of rounding errors.</param>
    /// <param name="cancellation">Ends evaluations.</param>
    public TargetEvaluation(
        ModelGraph model,
        LossHead head,
        IReadOnlyDictionary<Value, Tensor> data,
        Target target,
        int seed,
        CancellationToken cancellation
    )
    {
        (_target, _seed, _cancellation) = (target, seed, cancellation);
        _loss = head.Loss;
        _slope = model.Builder.Gradient(_loss, [target.Value])[0]!;
        var product = model.Builder.HessianProduct(_slope, target.Value);
        _direction = product.Inputs[0];
        _product = product.Outputs[0];
        _sources = [target.Value, _direction];
        _unmoved = new Dictionary<Value, Tensor>(data);
        var moving = GraphWalk.Between(_sources, Outputs).ToHashSet();
        Run(GraphWalk.Ancestors(Outputs, _sources).Where(node => !moving.Contains(node)), _unmoved);
        Run(GraphWalk.Ancestors([target.Value]), _unmoved);
        _point = Interpreter.Read(target.Value, _unmoved);
        _turning = _product is null ? [] : GraphWalk.Between(new HashSet<Value> { _direction }, [_product]);
        _atPoint = new(AtPoint);
        _firstOrder = new(FirstOrder);
    }

    /// <summary>The type of the target.</summary>
    public ElementType Element => _point.Element;

    private Value[] Outputs => _product is null ? [_loss, _slope] : [_loss, _slope, _product];

    /// <summary>The entry of the whole value at a position of the target, which may be a part of it.</summary>
    public int EntryAt(int position)
    {
        var row = _point.Rank == 0 ? 1 : _point.Count / (int)_point.Shape[0];
        return (int)(position + _target.Start * row);
    }

    /// <summary>
    /// The loss, and an entry of the gradient, where that entry of the target is moved by a step. Throws <see cref="UserErrorException"/>
    /// where values have other shapes there.
    /// </summary>
    public (double Loss, double Slope) Near(int entry, double step)
    {
        var values = new Dictionary<Value, Tensor>(_unmoved) { [_target.Value] = Moved(_point, entry, step) };
        if (!KeepsShapes(values))
            throw new UserErrorException(
                $"'{_target.Name}' cannot be verified, because its entry {entry} decides how many elements a value has, so that the "
                    + $"loss has no difference there; give data without equal entries."
            );
        return (EntryOf(_loss, values, entry), EntryOf(_slope, values, entry));
    }

    /// <summary>The diagonal entry of the Hessian by a Hessian-vector product with a unit vector; 0 where nothing is curved.</summary>
    public double Product(int entry)
    {
        if (_product is null)
            return 0;
        // A product computes nothing anew but what depends on the direction.
        var values = new Dictionary<Value, Tensor>(_atPoint.Value) { [_direction] = Unit(entry) };
        Run(_turning, values);
        return EntryOf(_product, values, entry);
    }

    /// <summary>The size of the errors that rounding to the target's type makes of the loss.</summary>
    public double LossRounding() => _firstOrder.Value[0].At(0);

    /// <summary>The same of an entry of the gradient.</summary>
    public double SlopeRounding(int entry) => _firstOrder.Value[1].At(entry);

    /// <summary>The same of the diagonal entry that <see cref="Product"/> gives.</summary>
    public double ProductRounding(int entry)
    {
        if (_product is null)
            return 0;
        var errors = new RoundingErrors();
        foreach (var evaluation in Rounded([_product], Unit(entry)))
            errors.Add([evaluation.Errors(_product)[_point.Rank == 0 ? 0 : entry]]);
        return errors.At(0);
    }

    /// <summary>The errors of the loss and of the gradient.</summary>
    private RoundingErrors[] FirstOrder()
    {
        RoundingErrors[] errors = [new(), new()];
        foreach (var evaluation in Rounded([_loss, _slope], null))
        {
            errors[0].Add(evaluation.Errors(_loss));
            errors[1].Add(evaluation.Errors(_slope));
        }
        return errors;
    }

    /// <summary>Evaluations of outputs with rounding, and along a direction where one is given.</summary>
    private IEnumerable<RoundedEvaluation> Rounded(Value[] outputs, Tensor? direction)
    {
        for (var sample = 0; sample < RoundingSamples; sample++)
        {
            var evaluation = new RoundedEvaluation(new Dictionary<Value, Tensor>(_unmoved), new MersenneTwister(_seed + sample));
            if (direction is not null)
                evaluation.Set(_direction, direction);
            evaluation.Run(GraphWalk.Ancestors(outputs, _sources), _cancellation);
            yield return evaluation;
        }
    }

    /// <summary>All values at the target's own value, but for those that depend on the direction of a product.</summary>
    private Dictionary<Value, Tensor> AtPoint()
    {
        var values = new Dictionary<Value, Tensor>(_unmoved);
        Run(GraphWalk.Between(_sources, Outputs).Except(_turning), values);
        return values;
    }

    /// <summary>Evaluates the loss and the gradient, and says whether all values have the shapes that they have at the point.</summary>
    private bool KeepsShapes(Dictionary<Value, Tensor> values)
    {
        try
        {
            Run(GraphWalk.Between(_sources, [_loss, _slope]), values);
        }
        catch (ShapeException)
        {
            return false;
        }
        return _atPoint.Value.All(at => !values.TryGetValue(at.Key, out var moved) || moved.Type.Shape == at.Value.Type.Shape);
    }

    private void Run(IEnumerable<Node> nodes, Dictionary<Value, Tensor> values) => Interpreter.Run(nodes, values, _cancellation);

    private Tensor Unit(int entry) => Moved(Tensor.Filled(_point.Element, _point.Shape.AsSpan(), 0), entry, 1);

    private static double EntryOf(Value output, Dictionary<Value, Tensor> values, int entry)
    {
        var tensor = Interpreter.Read(output, values);
        return tensor.Rank == 0 ? tensor.Floats[0] : tensor.Floats[entry];
    }

    private static Tensor Moved(Tensor point, int entry, double step)
    {
        if (step == 0)
            return point;
        var moved = point.Floats.ToArray();
        moved[entry] += step;
        return Tensor.Of(point.Element, point.Shape.AsSpan(), moved);
    }
}
