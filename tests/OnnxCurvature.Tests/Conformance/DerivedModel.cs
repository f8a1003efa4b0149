using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>
/// The derivatives of a random loss of a model's outputs, ℓ = Σ c·y + d·y², and their check against differences of the loss alone.
/// </summary>
internal sealed class DerivedModel
{
    private readonly GraphBuilder _builder;
    private readonly ImmutableArray<Value> _arguments;
    private readonly ImmutableArray<Value> _tangents;
    private readonly ImmutableArray<Value?> _gradient;
    private readonly ImmutableArray<Value?> _product;
    private readonly Dictionary<Value, Tensor> _values;
    private readonly Random _random;
    private readonly Value _loss;
    private Tensor[]? _point;

    /// <summary>
    /// Differentiates. The random numbers are those of a seed; <paramref name="values"/> holds all parameters of the program and its
    /// outputs.
    /// </summary>
    public DerivedModel(
        GraphBuilder b,
        IEnumerable<Value> arguments,
        IEnumerable<Value> outputs,
        IReadOnlyDictionary<Value, Tensor> values,
        int seed
    )
    {
        _builder = b;
        _arguments = [.. arguments];
        _random = new Random(seed);
        _values = values.Where(entry => entry.Key.Producer is null).ToDictionary();
        _loss = Loss(outputs, values);
        _gradient = b.Gradient(_loss, _arguments);
        var there = _gradient.Where(value => value is not null).Select(value => value!).ToArray();
        var second = b.Linearize(_arguments, there);
        _tangents = second.Inputs;
        var products = new Queue<Value?>(second.Outputs);
        _product = [.. _gradient.Select(value => value is null ? null : products.Dequeue())];
    }

    /// <summary>Whether any argument has a derivative.</summary>
    public bool HasGradient => _gradient.Any(value => value is not null);

    /// <summary>Whether any argument has a second derivative.</summary>
    public bool HasCurvature => _product.Any(value => value is not null);

    /// <summary>The inputs of the program of the derivatives besides the model's.</summary>
    public IEnumerable<Value> Parameters => _values.Keys.Where(value => value.IsParameter).Union(_tangents);

    /// <summary>
    /// The values of all parameters at the point at which the derivatives were checked, with tangents in a random direction.
    /// </summary>
    public Dictionary<Value, Tensor> Bound() => Bound(_point ?? throw new InvalidOperationException("No point was checked."), Direction(1));

    /// <summary>The gradients and the Hessian-vector products that are not zero.</summary>
    public IEnumerable<Value> Results => _gradient.Concat(_product).Where(value => value is not null).Select(value => value!);

    /// <summary>
    /// Compares dℓ·v and u·∇²ℓ·v with differences, and returns null where they agree, else what does not. At published inputs there may be
    /// kinks, as there are of ReLU at 0 or where two elements of a maximum are equal, and there differences say nothing. So steps become
    /// smaller, then directions move fewer entries, and then the point moves a little, until differences of two steps agree with each
    /// other. Some inputs are no numbers, or lie where the outputs are none, and are replaced by others.
    /// </summary>
    public string? Check()
    {
        var function = new ScalarFunction(_loss, _arguments, _values);
        var origin = _arguments.Select(argument => argument.Constant?.Read() ?? _values[argument]).ToArray();
        foreach (var (share, shift) in (ReadOnlySpan<(double, double)>)[(1, 0), (1, 0.01), (1, 0.1), (0, 1)])
        {
            string? wrong = null;
            foreach (var density in (ReadOnlySpan<double>)[1, 0.3, 0.05])
            {
                _point = Moved(origin, share, shift);
                var (u, v) = (Direction(density), Direction(density));
                if (Agree(function, _point, u, v, out var difference) is not { } agree)
                    continue;
                if (agree)
                    return null;
                wrong = difference;
            }
            // On a kink itself, at which only published inputs lie, differences of all steps are the mean of both sides.
            if (wrong is not null && shift > 0)
                return wrong;
        }
        return "no point was found near which differences are valid";
    }

    /// <summary>
    /// Compares, at the given point, dℓ·v with differences of the loss, and u·∇²ℓ·v with differences of the gradient, which these confirm:
    /// for models with so many kinks that only short steps avoid them, over which second differences of the loss are lost in rounding.
    /// </summary>
    public string? CheckByGradient()
    {
        var function = new ScalarFunction(_loss, _arguments, _values);
        _point = [.. _arguments.Select(argument => argument.Constant?.Read() ?? _values[argument])];
        var (u, v) = (Scaled(Direction(1)), Scaled(Direction(1)));
        var results = Evaluate(_point, v);
        var (gradient, product) = (results[..u.Length], results[u.Length..]);
        var (slope, bend) = (Inner(gradient, v), Inner(product, u));
        foreach (var step in (ReadOnlySpan<double>)[1e-5, 1e-6, 1e-7])
        {
            var (wide, narrow) = (Slope(step), Slope(step / 2));
            if (function.Slope(_point, v, step, Math.Abs(slope)) is not { } first || !(Math.Abs(wide - narrow) <= 1e-5 * Math.Abs(narrow)))
                continue;
            return !(Math.Abs(first - slope) <= 1e-5 * Math.Abs(slope))
                    ? $"the gradient says {slope:R} along a direction, differences {first:R}"
                : !(Math.Abs(narrow - bend) <= 1e-4 * Math.Abs(bend))
                    ? $"the Hessian-vector product says {bend:R} along a direction, differences of the gradient {narrow:R}"
                : null;
        }
        return "no step was found over which differences are valid";

        double Slope(double h) =>
            (Inner(Evaluate(Stepped(h), v)[..u.Length], u) - Inner(Evaluate(Stepped(-h), v)[..u.Length], u)) / (2 * h);

        Tensor[] Stepped(double h) =>
            [
                .. _point.Zip(
                    v,
                    (from, to) => Tensor.Of(from.Element, from.Shape.AsSpan(), [.. from.Floats.Zip(to.Floats, (x, d) => x + h * d)])
                ),
            ];
    }

    /// <summary>Whether derivatives agree with differences, or null where differences do not agree with one another.</summary>
    private bool? Agree(ScalarFunction function, Tensor[] point, Tensor[] u, Tensor[] v, out string? wrong)
    {
        wrong = null;
        var results = Evaluate(point, v);
        var (gradient, product) = (results[..u.Length], results[u.Length..]);
        var (slope, bend) = (Inner(gradient, v), Inner(product, u));
        // Errors of rounding are relative to what is added up.
        var size = Math.Abs(function.At(point));
        var (slopeScale, bendScale) = (Sum(gradient, v) + 1e-6 * (1 + size), Sum(product, u) + 1e-4 * (1 + size));
        foreach (var step in (ReadOnlySpan<double>)[1e-3, 1e-4])
        {
            if (
                function.Slope(point, v, step, slopeScale) is not { } first
                || function.Bend(point, u, v, step * 2, bendScale) is not { } second
            )
                continue;
            wrong =
                !(Math.Abs(first - slope) <= 1e-5 * slopeScale) ? $"the gradient says {slope:R} along a direction, differences {first:R}"
                : !(Math.Abs(second - bend) <= 2e-4 * bendScale)
                    ? $"the Hessian-vector product says {bend:R} along a direction, differences {second:R}"
                : null;
            return wrong is null;
        }
        return null;
    }

    private Value Loss(IEnumerable<Value> outputs, IReadOnlyDictionary<Value, Tensor> values)
    {
        Value? loss = null;
        foreach (var output in outputs)
        {
            var y = Cast.Of(_builder, output, ElementType.Float64);
            var published = values[output];
            // A loss of what is infinite or no number would be so at every point.
            if (!published.Floats.All(double.IsFinite))
                y = Where.Of(
                    _builder,
                    _builder.Constant(
                        Tensor.Of(
                            ElementType.Bool,
                            published.Shape.AsSpan(),
                            Array.ConvertAll(published.Floats, entry => double.IsFinite(entry) ? 1L : 0)
                        )
                    ),
                    y,
                    _builder.Scalar(ElementType.Float64, 0)
                );
            var largest = published.Floats.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
            Term(y, () => 2 * _random.NextDouble() - 1);
            Term(Mul.Of(_builder, y, y), () => _random.NextDouble() / (1 + largest));

            void Term(Value value, Func<double> weight)
            {
                var weights = _builder.Parameter(value.Type);
                _values[weights] = Tensor.Of(published.Shape.AsSpan(), [.. Enumerable.Range(0, published.Count).Select(_ => weight())]);
                var term = ReduceSum.All(_builder, Mul.Of(_builder, value, weights));
                loss = loss is null ? term : Add.Of(_builder, loss, term);
            }
        }
        return loss ?? throw new ArgumentException("There is no output.");
    }

    private Dictionary<Value, Tensor> Bound(Tensor[] point, Tensor[] v)
    {
        var values = new Dictionary<Value, Tensor>(_values);
        for (var index = 0; index < _arguments.Length; index++)
            (values[_arguments[index]], values[_tangents[index]]) = (point[index], v[index]);
        return values;
    }

    private Tensor[] Evaluate(Tensor[] point, Tensor[] v)
    {
        var values = Bound(point, v);
        var results = _gradient.Concat(_product).ToArray();
        Interpreter.Run(GraphWalk.Ancestors(results.Where(value => value is not null)!), values);
        return
        [
            .. results.Select(
                (value, index) =>
                    value is null
                        ? Tensor.Filled(ElementType.Float64, point[index % point.Length].Shape.AsSpan(), 0)
                        : Interpreter.Read(value, values)
            ),
        ];
    }

    /// <summary>A share of a point, where it is a number that can be calculated with, and up to a shift more.</summary>
    private Tensor[] Moved(Tensor[] point, double share, double shift) =>
        [
            .. point.Select(tensor =>
                Tensor.Of(
                    tensor.Element,
                    tensor.Shape.AsSpan(),
                    [
                        .. tensor.Floats.Select(element =>
                            Math.Abs(element) < 1e9 ? share * element + shift * _random.NextDouble() : _random.NextDouble()
                        ),
                    ]
                )
            ),
        ];

    /// <summary>A direction in which a share of the entries moves, and one at least.</summary>
    private Tensor[] Direction(double density)
    {
        var tensors = _arguments
            .Select(argument => argument.Constant?.Type.Shape.Sizes ?? [.. _values[argument].Shape])
            .Select(shape => Tensor.Filled(ElementType.Float64, shape, 0))
            .ToArray();
        var sure = _random.Next(Math.Max(1, tensors.Sum(tensor => tensor.Count)));
        foreach (var tensor in tensors)
        foreach (ref var element in tensor.Floats.AsSpan())
            if (_random.NextDouble() < density | sure-- == 0)
                element = 2 * _random.NextDouble() - 1;
        return tensors;
    }

    /// <summary>A direction in which every argument moves in proportion to the size of its elements.</summary>
    private Tensor[] Scaled(Tensor[] direction)
    {
        foreach (var (index, tensor) in direction.Index())
        {
            var size = Math.Sqrt(_point![index].Floats.Average(element => element * element));
            foreach (ref var element in tensor.Floats.AsSpan())
                element *= size;
        }
        return direction;
    }

    private static double Inner(Tensor[] a, Tensor[] b) => a.Zip(b, (x, y) => x.Floats.Zip(y.Floats, (p, q) => p * q).Sum()).Sum();

    private static double Sum(Tensor[] a, Tensor[] b) => a.Zip(b, (x, y) => x.Floats.Zip(y.Floats, (p, q) => Math.Abs(p * q)).Sum()).Sum();
}
