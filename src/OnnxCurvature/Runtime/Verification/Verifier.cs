using System.Collections.Immutable;
using MathNet.Numerics.Random;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Runtime.Verification;

/// <summary>
/// Checks results at sampled entries in managed double precision, without ONNX Runtime: the gradient against central
/// differences of the loss, which involve no derivative rule; the diagonal against central differences of the gradient, and
/// against Hessian-vector products where it was computed in another way. The rounding error of an entry is allowed for, and reported: it
/// is measured where the reference is computed (<see cref="RoundedEvaluation"/>), and not by the run, so that a wrong run does not excuse
/// itself.
/// </summary>
internal sealed class Verifier
{
    /// <summary>Steps of the differences. A kink within one step spoils that step only, so the nearest of the three counts.</summary>
    private static readonly double[] Steps = [1e-4, 1e-5, 1e-6];

    /// <summary>How often the errors of rounding are sampled.</summary>
    private const int RoundingSamples = 3;

    /// <summary>
    /// How many times the size of the errors that were sampled a difference may be: kernels add up terms one after the other, which leaves
    /// more than the single error that is sampled for each node.
    /// </summary>
    private const double Margin = 16;

    private readonly ModelGraph _model;
    private readonly LossHead _head;
    private readonly Dictionary<Value, Tensor> _data = [];

    /// <summary>Prepares the check of a model for the arrays of one batch.</summary>
    public Verifier(ModelGraph model, CurvatureRequest request, IReadOnlyDictionary<string, NpyArray> data)
    {
        _model = model;
        _head = LossBuilder.Build(model, request.Loss, request.Reduction);
        foreach (var input in _head.Target is { } target ? model.Inputs.Add(target) : model.Inputs)
        {
            var array = data[input.Name!];
            _data[input] = input.Type.Element.IsFloat()
                ? Tensor.Of(input.Type.Element, array.Shape, NpyArray.Of(input.Type.Element, array.Shape, array.ToDoubles()).ToDoubles())
                : Tensor.Of(input.Type.Element, array.Shape, array.ToInt64s());
        }
    }

    /// <summary>Throws <see cref="UserErrorException"/> for a request of anything that is not checked.</summary>
    public static void Refuse(CurvatureRequest request)
    {
        if (request.Tolerance is not null)
            throw new UserErrorException("verify checks exact results, and --tolerance leaves classes out; leave it out.");
        if (request.Estimator != Estimator.None)
            throw new UserErrorException($"verify checks exact results, and --method {request.Estimator.Name()} estimates; leave it out.");
        if (request.Quantities.FirstOrDefault(quantity => quantity > Quantity.GgnDiagonal) is not Quantity.Loss and var other)
            throw new UserErrorException(
                $"verify checks the gradient and the hessian-diagonal, and not the {other.Name()}; ask for it with 'run'."
            );
    }

    /// <summary>Compares the entries of one target.</summary>
    public IEnumerable<VerifyEntry> Check(
        Target target,
        ResultTensor gradient,
        ResultTensor diagonal,
        bool diagonalByProducts,
        int samples,
        int seed,
        CancellationToken cancellation
    )
    {
        var b = _model.Builder;
        var slope = b.Gradient(_head.Loss, [target.Value])[0]!;
        var product = b.HessianProduct(slope, target.Value);
        var sources = new HashSet<Value> { target.Value, product.Inputs[0] };
        Value[] outputs = product.Outputs[0] is { } direction ? [_head.Loss, slope, direction] : [_head.Loss, slope];
        var fixedValues = new Dictionary<Value, Tensor>(_data);
        var moving = GraphWalk.Between(sources, outputs).ToHashSet();
        Interpreter.Run(GraphWalk.Ancestors(outputs, sources).Where(node => !moving.Contains(node)), fixedValues, cancellation);
        // The point itself: the value of a weight, or what the model computes for an intermediate value.
        Interpreter.Run(GraphWalk.Ancestors([target.Value]), fixedValues, cancellation);
        var point = Interpreter.Read(target.Value, fixedValues);
        var row = target.Value.Type.Rank == 0 ? 1 : point.Count / (int)point.Shape[0];
        var entries = Array.ConvertAll(
            Sample(gradient, samples, seed),
            position => (Position: position, Entry: (int)(position + target.Start * row))
        );

        var atPoint = new Dictionary<Value, Tensor>(fixedValues);
        Interpreter.Run(GraphWalk.Between(sources, [_head.Loss]), atPoint, cancellation);

        Tensor Unit(int entry) => Moved(Tensor.Filled(point.Element, point.Shape.AsSpan(), 0), entry, 1);

        double[] At(Value[] of, int entry, double step)
        {
            var values = new Dictionary<Value, Tensor>(fixedValues) { [target.Value] = Moved(point, entry, step) };
            var nodes = GraphWalk.Between(sources, of);
            if (!KeepsShapes(nodes, values))
                throw new UserErrorException(
                    $"'{target.Name}' cannot be verified, because its entry {entry} decides how many elements a value has, so that the "
                        + $"loss has no difference there; give data without equal entries."
                );
            return Array.ConvertAll(of, output => EntryOf(output, values, entry));
        }

        // A product takes nothing anew but what depends on the direction.
        ImmutableArray<Node> turning = product.Outputs[0] is { } turned
            ? GraphWalk.Between(new HashSet<Value> { product.Inputs[0] }, [turned])
            : [];
        var resting = new Lazy<Dictionary<Value, Tensor>>(() =>
        {
            var (values, nodes) = (new Dictionary<Value, Tensor>(fixedValues), GraphWalk.Between(sources, outputs));
            Interpreter.Run(nodes.Except(turning), values, cancellation);
            return values;
        });

        double Product(Value of, int entry)
        {
            var values = new Dictionary<Value, Tensor>(resting.Value) { [product.Inputs[0]] = Unit(entry) };
            Interpreter.Run(turning, values, cancellation);
            return EntryOf(of, values, entry);
        }

        bool KeepsShapes(ImmutableArray<Node> nodes, Dictionary<Value, Tensor> values)
        {
            try
            {
                Interpreter.Run(nodes, values, cancellation);
            }
            catch (ShapeException)
            {
                return false;
            }
            return atPoint.All(value => !values.TryGetValue(value.Key, out var moved) || moved.Type.Shape == value.Value.Type.Shape);
        }

        // Of the run, errors of the model's type; of a difference quotient, errors of double, which steps divide.
        var inDouble = ElementType.Float64.UnitRoundoff() / point.Element.UnitRoundoff();
        var rounding = new Lazy<FirstOrderRounding>(() => FirstOrder(slope, sources, fixedValues, seed, cancellation));
        // Each entry takes evaluations of its own, so several go at once.
        foreach (var several in entries.Chunk(Environment.ProcessorCount))
        {
            var compared = several.Select(place => Task.Run(() => Compared(place.Position, place.Entry).ToArray(), cancellation));
            foreach (var entry in Task.WhenAll(compared).GetAwaiter().GetResult().SelectMany(entry => entry))
                yield return entry;
        }

        IEnumerable<VerifyEntry> Compared(int position, int entry)
        {
            var ofProduct = new Lazy<double>(() =>
                product.Outputs[0] is { } hv
                    ? ProductRounding(hv, product.Inputs[0], Unit(entry), entry, sources, fixedValues, seed, cancellation)
                    : 0
            );
            // The loss and the gradient at a place come of one evaluation, since both are nearly always asked for.
            var known = new Dictionary<double, double[]>();
            double Near(int of, double step) =>
                (known.TryGetValue(step, out var values) ? values : known[step] = At([_head.Loss, slope], entry, step))[of];

            // Differences of a step are made only where those of the steps before it do not agree.
            IEnumerable<Reference> Differences(int of, Func<double> error) =>
                Steps
                    .Select(h => new Reference((Near(of, h) - Near(of, -h)) / (2 * h), () => error() * inDouble / h))
                    .Concat(
                        OneSidedDifferences
                            .AtKink(h => Near(of, h), Steps, () => error() * inDouble)
                            .Select(side => new Reference(side.Value, () => error() * inDouble / side.Step))
                    );

            yield return Compare(
                gradient,
                position,
                () => rounding.Value.Slope.At(entry),
                Differences(0, () => rounding.Value.Loss.At(0)),
                "central difference of the loss"
            );
            yield return Compare(
                diagonal,
                position,
                () => ofProduct.Value,
                Differences(1, () => rounding.Value.Slope.At(entry)),
                "central difference of the gradient"
            );
            if (!diagonalByProducts)
                yield return Compare(
                    diagonal,
                    position,
                    () => ofProduct.Value,
                    [new Reference(product.Outputs[0] is { } hv ? Product(hv, entry) : 0, () => 0)],
                    "Hessian-vector product in float64"
                );
        }
    }

    private static double EntryOf(Value output, Dictionary<Value, Tensor> values, int entry)
    {
        var tensor = Interpreter.Read(output, values);
        return tensor.Rank == 0 ? tensor.Floats[0] : tensor.Floats[entry];
    }

    /// <summary>The loss and the gradient with rounding.</summary>
    private FirstOrderRounding FirstOrder(
        Value slope,
        HashSet<Value> sources,
        Dictionary<Value, Tensor> values,
        int seed,
        CancellationToken cancellation
    )
    {
        var rounding = new FirstOrderRounding(new RoundingErrors(), new RoundingErrors());
        for (var sample = 0; sample < RoundingSamples; sample++)
        {
            var evaluation = new RoundedEvaluation(new Dictionary<Value, Tensor>(values), new MersenneTwister(seed + sample));
            evaluation.Run(GraphWalk.Ancestors([_head.Loss, slope], sources), cancellation);
            rounding.Loss.Add(evaluation.Errors(_head.Loss));
            rounding.Slope.Add(evaluation.Errors(slope));
        }
        return rounding;
    }

    /// <summary>An entry of a Hessian-vector product with rounding.</summary>
    private static double ProductRounding(
        Value product,
        Value direction,
        Tensor unit,
        int entry,
        HashSet<Value> sources,
        Dictionary<Value, Tensor> values,
        int seed,
        CancellationToken cancellation
    )
    {
        var errors = new RoundingErrors();
        for (var sample = 0; sample < RoundingSamples; sample++)
        {
            var evaluation = new RoundedEvaluation(new Dictionary<Value, Tensor>(values), new MersenneTwister(seed + sample));
            evaluation.Set(direction, unit);
            evaluation.Run(GraphWalk.Ancestors([product], sources), cancellation);
            errors.Add([evaluation.Errors(product)[unit.Rank == 0 ? 0 : entry]]);
        }
        return errors.At(0);
    }

    private sealed record FirstOrderRounding(RoundingErrors Loss, RoundingErrors Slope);

    /// <summary>A reference and the size of its own error.</summary>
    private sealed record Reference(double Value, Func<double> Error);

    /// <summary>Half of the positions are those of the largest entries, the others are sampled; all where there are no more.</summary>
    private static int[] Sample(ResultTensor tensor, int samples, int seed)
    {
        var count = tensor.Numbers.Length;
        var chosen = Enumerable
            .Range(0, count)
            .OrderByDescending(index => Math.Abs(tensor.Numbers[index]))
            .Take(count <= samples ? count : (samples + 1) / 2)
            .ToList();
        var taken = chosen.ToHashSet();
        var random = new MersenneTwister(seed);
        while (chosen.Count < Math.Min(samples, count))
            if (random.Next(count) is var sampled && taken.Add(sampled))
                chosen.Add(sampled);
        return [.. chosen];
    }

    /// <summary>
    /// The comparison with the first reference that agrees as it is; where none does, with that which agrees best once what rounding makes
    /// of both is allowed for. So a difference is excused by rounding only where it must be.
    /// </summary>
    private static VerifyEntry Compare(
        ResultTensor tensor,
        int position,
        Func<double> rounding,
        IEnumerable<Reference> references,
        string check
    )
    {
        var computed = tensor.Numbers[position];
        var typical = tensor.Numbers.Norm() / Math.Sqrt(tensor.Numbers.Length);
        var relative = tensor.Element == ElementType.Float64 ? 1e-5 : 1e-3;
        var index = new long[tensor.Shape.Length];
        long rest = position;
        for (var axis = index.Length - 1; axis >= 0; axis--)
            (index[axis], rest) = (rest % tensor.Shape[axis], rest / tensor.Shape[axis]);
        var tried = new List<Reference>();
        foreach (var reference in references)
        {
            if (Entry(reference, 0) is { Agrees: true } entry)
                return entry;
            tried.Add(reference);
        }
        return tried.Select(reference => Entry(reference, Margin * (rounding() + reference.Error()))).MinBy(entry => entry.Excess)!;

        VerifyEntry Entry(Reference reference, double allowed) =>
            new(
                tensor.Name,
                [.. index],
                computed,
                reference.Value,
                relative * (Math.Abs(reference.Value) + typical) + allowed,
                allowed,
                check
            );
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
