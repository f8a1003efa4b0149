using MathNet.Numerics.Random;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

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

    /// <summary>Compares entries of the results of one target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="gradient">The gradient that was computed.</param>
    /// <param name="diagonal">The Hessian diagonal that was computed.</param>
    /// <param name="diagonalByProducts">Whether it was by Hessian-vector products, which are no second way to it then.</param>
    /// <param name="samples">The most entries.</param>
    /// <param name="seed">The seed of their choice, and of rounding errors.</param>
    /// <param name="cancellation">Ends the check.</param>
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
        var evaluation = new TargetEvaluation(_model, _head, _data, target, seed, cancellation);
        // Each entry takes evaluations of its own, so several go at once.
        foreach (var several in Sample(gradient, samples, seed).Chunk(Environment.ProcessorCount))
        {
            var compared = several.Select(position =>
                Task.Run(() => Compared(evaluation, gradient, diagonal, diagonalByProducts, position).ToArray(), cancellation)
            );
            foreach (var entry in Task.WhenAll(compared).GetAwaiter().GetResult().SelectMany(entry => entry))
                yield return entry;
        }
    }

    private static IEnumerable<VerifyEntry> Compared(
        TargetEvaluation at,
        ResultTensor gradient,
        ResultTensor diagonal,
        bool diagonalByProducts,
        int position
    )
    {
        var entry = at.EntryAt(position);
        // The loss and the gradient at a place come of one evaluation, since both are nearly always asked for.
        var known = new Dictionary<double, (double Loss, double Slope)>();
        var productRounding = new Lazy<double>(() => at.ProductRounding(entry));
        yield return EntryComparison.Of(
            gradient,
            position,
            () => at.SlopeRounding(entry),
            Differences(at, step => Near(step).Loss, at.LossRounding),
            "central difference of the loss"
        );
        yield return EntryComparison.Of(
            diagonal,
            position,
            () => productRounding.Value,
            Differences(at, step => Near(step).Slope, () => at.SlopeRounding(entry)),
            "central difference of the gradient"
        );
        if (!diagonalByProducts)
            yield return EntryComparison.Of(
                diagonal,
                position,
                () => productRounding.Value,
                [new EntryReference(at.Product(entry), () => 0)],
                "Hessian-vector product in float64"
            );

        (double Loss, double Slope) Near(double step) =>
            known.TryGetValue(step, out var values) ? values : known[step] = at.Near(entry, step);
    }

    /// <summary>
    /// The derivative of a function at 0 by central differences, and by one-sided ones where it has a kink. Those of a step are made only
    /// where those of the steps before it do not agree.
    /// </summary>
    private static IEnumerable<EntryReference> Differences(TargetEvaluation at, Func<double, double> of, Func<double> rounding)
    {
        // Sampled errors are those of the target's type; a difference quotient has errors of double, which steps divide.
        var inDouble = ElementType.Float64.UnitRoundoff() / at.Element.UnitRoundoff();
        return Steps
            .Select(h => new EntryReference((of(h) - of(-h)) / (2 * h), () => rounding() * inDouble / h))
            .Concat(
                OneSidedDifferences
                    .AtKink(of, Steps, () => rounding() * inDouble)
                    .Select(side => new EntryReference(side.Value, () => rounding() * inDouble / side.Step))
            );
    }

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
}
