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
/// Checks results at sampled entries in managed double precision, apart from ONNX Runtime: the gradient against central
/// differences of the loss, which involve no derivative rule; the diagonal against central differences of the gradient, and
/// against Hessian-vector products where it was computed in another way. What rounding makes of an entry is allowed for, and told: it is
/// measured where the reference is computed (<see cref="RoundedEvaluation"/>), and not by the run, so that a wrong run does not excuse itself.
/// </summary>
internal sealed class Verifier
{
    /// <summary>Steps of the differences. A kink within one step spoils that step only, so the nearest of the three counts.</summary>
    private static readonly double[] Steps = [1e-4, 1e-5, 1e-6];

    /// <summary>How often the errors of rounding are drawn.</summary>
    private const int Draws = 3;

    /// <summary>
    /// How many times the size of the errors that were drawn a difference may be: kernels add up terms one after the other, which leaves
    /// more than the single error that is drawn for each node.
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
                ? Tensor.Of(input.Type.Element, array.Shape, array.ToDoubles())
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
            throw new UserErrorException($"verify checks the gradient and the hessian-diagonal, and not the {other.Name()}; ask for it with 'run'.");
    }

    /// <summary>Compares the entries of one target.</summary>
    public IEnumerable<VerifyEntry> Check(Target target, ResultTensor gradient, ResultTensor diagonal, bool diagonalByProducts, int samples, int seed, CancellationToken cancellation)
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
        var entries = Array.ConvertAll(Sample(gradient, samples, seed), position => (Position: position, Entry: (int)(position + target.Start * row)));

        Tensor Unit(int entry) => Moved(Tensor.Filled(point.Element, point.Shape.AsSpan(), 0), entry, 1);

        double At(Value output, int entry, double step, bool unit = false)
        {
            var values = new Dictionary<Value, Tensor>(fixedValues) { [target.Value] = Moved(point, entry, step) };
            if (unit)
                values[product.Inputs[0]] = Unit(entry);
            Interpreter.Run(GraphWalk.Between(sources, [output]), values, cancellation);
            var tensor = Interpreter.Read(output, values);
            return tensor.Rank == 0 ? tensor.Floats[0] : tensor.Floats[entry];
        }

        var lossErrors = new RoundingErrors();
        var slopeErrors = new RoundingErrors();
        var curvatureErrors = new RoundingErrors();
        var exact = new Dictionary<Value, Tensor>(fixedValues);
        for (var draw = 0; draw < Draws; draw++)
        {
            var evaluation = new RoundedEvaluation(exact, new MersenneTwister(seed + draw));
            evaluation.Run(GraphWalk.Ancestors([_head.Loss, slope], sources), cancellation);
            lossErrors.Add(evaluation.Errors(_head.Loss));
            slopeErrors.Add(evaluation.Errors(slope));
            var errors = new double[point.Count];
            if (product.Outputs[0] is { } hv)
            {
                HashSet<Value> directions = [product.Inputs[0]];
                var along = GraphWalk.Between(directions, [hv]);
                evaluation.Run(GraphWalk.Ancestors([hv], sources).Except(along), cancellation);
                foreach (var (_, entry) in entries)
                {
                    evaluation.Set(product.Inputs[0], Unit(entry));
                    evaluation.Run(along, cancellation);
                    errors[entry] = evaluation.Errors(hv)[point.Rank == 0 ? 0 : entry];
                    evaluation.Forget(along);
                }
            }
            curvatureErrors.Add(errors, [.. entries.Select(pair => pair.Entry)]);
        }

        // Of the run, errors of the model's type; of a difference quotient, errors of double, which steps divide.
        var inDouble = ElementType.Float64.UnitRoundoff() / point.Element.UnitRoundoff();
        foreach (var (position, entry) in entries)
        {
            IEnumerable<(double, double)> Differences(Value of, RoundingErrors errors, int at) =>
                Steps.Select(h => ((At(of, entry, h) - At(of, entry, -h)) / (2 * h), errors.At(at) * inDouble / h));

            yield return Compare(gradient, position, slopeErrors.At(entry), Differences(_head.Loss, lossErrors, 0), "central difference of the loss");
            yield return Compare(diagonal, position, curvatureErrors.At(entry), Differences(slope, slopeErrors, entry), "central difference of the gradient");
            if (!diagonalByProducts)
                yield return Compare(diagonal, position, curvatureErrors.At(entry), [(product.Outputs[0] is { } hv ? At(hv, entry, 0, unit: true) : 0, 0)], "Hessian-vector product in float64");
        }
    }

    /// <summary>Half of the positions are those of the largest entries, the others are drawn; all where there are no more.</summary>
    private static int[] Sample(ResultTensor tensor, int samples, int seed)
    {
        var count = tensor.Values.Length;
        var chosen = Enumerable.Range(0, count).OrderByDescending(index => Math.Abs(tensor.Values[index])).Take(count <= samples ? count : (samples + 1) / 2).ToList();
        var taken = chosen.ToHashSet();
        var random = new MersenneTwister(seed);
        while (chosen.Count < Math.Min(samples, count))
            if (random.Next(count) is var drawn && taken.Add(drawn))
                chosen.Add(drawn);
        return [.. chosen];
    }

    /// <summary>The comparison with the reference that agrees best; <paramref name="references"/> come with the size of their own errors.</summary>
    private static VerifyEntry Compare(ResultTensor tensor, int position, double rounding, IEnumerable<(double Value, double Error)> references, string check)
    {
        var computed = tensor.Values[position];
        var typical = Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(tensor.Values) / tensor.Values.Length);
        var relative = tensor.Element == ElementType.Float64 ? 1e-5 : 1e-3;
        var index = new long[tensor.Shape.Length];
        long rest = position;
        for (var axis = index.Length - 1; axis >= 0; axis--)
            (index[axis], rest) = (rest % tensor.Shape[axis], rest / tensor.Shape[axis]);
        return references.Select(reference =>
        {
            var allowed = Margin * (rounding + reference.Error);
            return new VerifyEntry(tensor.Name, [.. index], computed, reference.Value, relative * (Math.Abs(reference.Value) + typical) + allowed, allowed, check);
        }).MinBy(entry => entry.Excess)!;
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
