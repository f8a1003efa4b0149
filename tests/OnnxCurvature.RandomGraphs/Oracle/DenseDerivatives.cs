using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Evaluation;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Oracle;

/// <summary>
/// Dense first and second derivatives of a problem, from its definition alone: values, Jacobian, gradients and Hessians of the loss and of
/// what each sample adds to it.
/// </summary>
internal sealed class DenseDerivatives
{
    private readonly Problem _problem;
    private readonly Tape _tape = new();
    private readonly int[] _variables;
    private readonly int[] _others;
    private readonly Data _z;
    private double[][]? _tangents;
    private double[][]? _jacobian;

    public DenseDerivatives(Problem problem)
    {
        _problem = problem;
        var values = Evaluator.Run(problem.Graph, _tape, problem.Other is { } second ? [problem.Target, second] : [problem.Target]);
        _z = values[problem.Z.Name];
        var target = values[problem.Target.Name];
        var row = target.Rank == 0 ? 1 : target.Count / target.Shape[0];
        Entries = problem.Part is { } part
            ? [.. Enumerable.Range(part.Start * row, (part.End - part.Start) * row)]
            : [.. Enumerable.Range(0, target.Count)];
        _variables = [.. Entries.Select(entry => target.Numbers[entry].Step)];
        _others = problem.Other is { } other ? [.. values[other.Name].Numbers.Select(number => number.Step)] : [];
        (Loss, OfSamples) = LossOf(_z.Numbers);
        DependsOnTarget = Loss.Step >= 0;
    }

    /// <summary>The entries of the target that derivatives are taken by, as places in the whole of it.</summary>
    public int[] Entries { get; }

    /// <summary>Their number.</summary>
    public int Size => Entries.Length;

    /// <summary>The loss.</summary>
    public Number Loss { get; }

    /// <summary>ℓₙ: what sample n adds to the loss, or N times that for a mean. Null where the loss has no terms of samples.</summary>
    public Number[]? OfSamples { get; }

    /// <summary>How many samples have a label that counts.</summary>
    public int Counted { get; private set; }

    /// <summary>Whether the loss depends on the target at all.</summary>
    public bool DependsOnTarget { get; }

    /// <summary>∂z/∂w: a row for each entry of z.</summary>
    public double[][] Jacobian =>
        _jacobian ??= [.. _z.Numbers.Select(number => Tangents.Select(tangents => number.Step < 0 ? 0 : tangents[number.Step]).ToArray())];

    /// <summary>How far the closest decision, such as the sign before a ReLU, was from turning out otherwise.</summary>
    public double Margin => _tape.Margin;

    /// <summary>The number of arithmetic steps.</summary>
    public int Steps => _tape.Count;

    /// <summary>The shape of z.</summary>
    public int[] OutputShape => _z.Shape;

    /// <summary>Whether an entry of z depends on data of another sample than its own.</summary>
    public bool IsCoupled =>
        _z
            .Numbers.Index()
            .Any(entry => _problem.Z.Layout.SampleOf(entry.Index) is var own && (entry.Item.Samples & ~(own < 0 ? 0UL : 1UL << own)) != 0);

    /// <summary>The derivatives of a number by the target's entries.</summary>
    public double[] Gradient(Number of)
    {
        if (of.Step < 0)
            return new double[Size];
        var adjoints = _tape.Reverse(of.Step);
        return Array.ConvertAll(_variables, step => step < adjoints.Length ? adjoints[step] : 0);
    }

    /// <summary>The second derivatives of a number by the target's entries.</summary>
    public double[][] Hessian(Number of) => Second(of, _variables);

    /// <summary>The second derivatives of the loss by an entry of the target, and by one of the other target.</summary>
    public double[][] CrossHessian() => Second(Loss, _others);

    private double[][] Second(Number of, int[] columns)
    {
        if (of.Step < 0)
            return [.. Enumerable.Range(0, Size).Select(_ => new double[columns.Length])];
        var adjoints = _tape.Reverse(of.Step);
        return
        [
            .. Tangents.Select(tangents =>
            {
                var products = _tape.SecondReverse(adjoints, tangents);
                return Array.ConvertAll(columns, step => step < products.Length ? products[step] : 0);
            }),
        ];
    }

    /// <summary>The diagonal of Jᵀ (∇²ℓ) J, where ℓ is the loss, or what a sample adds to it, as a function of z alone.</summary>
    /// <param name="sample">The sample; null for the loss.</param>
    public double[] GaussNewton(int? sample)
    {
        var tape = new Tape();
        var z = _z.Numbers.Select(number => tape.Variable(number.Value, 0)).ToArray();
        var (loss, samples) = LossOf(z);
        var of = sample is { } n ? samples![n] : loss;
        var diagonal = new double[Size];
        if (of.Step < 0)
            return diagonal;
        var adjoints = tape.Reverse(of.Step);
        int[] steps = [.. z.Select(number => number.Step)];
        for (var entry = 0; entry < Size; entry++)
        {
            double[] column = [.. Jacobian.Select(row => row[entry])];
            var products = tape.SecondReverse(adjoints, tape.Forward(steps, column));
            for (var i = 0; i < steps.Length; i++)
                diagonal[entry] += steps[i] < products.Length ? column[i] * products[steps[i]] : 0;
        }
        return diagonal;
    }

    /// <summary>The derivatives of all steps by each entry of the target: made when they are asked for, since they may be many.</summary>
    private double[][] Tangents => _tangents ??= [.. Enumerable.Range(0, Size).Select(TangentsOf)];

    private double[] TangentsOf(int entry)
    {
        var direction = new double[Size];
        direction[entry] = 1;
        return _tape.Forward(_variables, direction);
    }

    /// <summary>The loss of an output, and what samples add to it.</summary>
    private (Number Loss, Number[]? OfSamples) LossOf(Number[] z)
    {
        var (terms, places, weights) = Terms(z);
        var isMean = _problem.OwnCrossEntropy is { } own
            ? own == "mean"
            : _problem.Reduction == Reduction.Mean && _problem.Loss is not (LossKind.Sum or LossKind.Value);
        var scale = isMean ? 1.0 / weights.Sum() : 1;
        var loss = scale * Functions.Sum(terms, z[0]);
        int[] samples = [.. places.Select(place => _problem.Z.Layout.SampleOf(place))];
        if (samples.Contains(-1) || _problem.Labels.Length > 0 && _problem.Z.Layout.HoldsSamples(_problem.ClassAxis))
            return (loss, null);
        Counted = samples.Where((_, term) => weights[term] > 0 || _problem.Rules?.Ignored is null).Distinct().Count();
        return (
            loss,
            [
                .. Enumerable
                    .Range(0, _problem.Graph.Samples)
                    .Select(n => (isMean ? Counted * scale : 1) * Functions.Sum(terms.Where((_, term) => samples[term] == n), z[0])),
            ]
        );
    }

    /// <summary>
    /// The terms of the loss, for each the place in z of an entry that it is taken of, and what it counts in the mean.
    /// </summary>
    private (Number[] Terms, int[] Places, double[] Weights) Terms(Number[] z)
    {
        if (_problem.Labels.Length > 0)
            return ClassTerms(z, _problem.Rules ?? new ClassRules(1));
        var (terms, places) = EntryTerms(z);
        return (terms, places, Array.ConvertAll(terms, _ => 1.0));
    }

    private (Number[] Terms, int[] Places, double[] Weights) ClassTerms(Number[] z, ClassRules rules)
    {
        var shape = _problem.Z.Shape;
        var (classes, inner) = (shape[rules.Axis], Data.CountOf(shape[(rules.Axis + 1)..]));
        int Place(int row, int c) => (row / inner * classes + c) * inner + row % inner;
        Number Term(long label, int row)
        {
            var sum = Functions.LogSumExp([.. Enumerable.Range(0, classes).Select(c => z[Place(row, c)])]);
            var terms = Enumerable
                .Range(0, classes)
                .Select(c => (Coefficient: rules.Coefficient(label, c, classes, Place(row, c)), Logarithm: sum - z[Place(row, c)]))
                .Where(term => term.Coefficient != 0)
                .Select(term => term.Coefficient * term.Logarithm);
            return Functions.Sum(terms, z[0]);
        }
        return (
            [.. _problem.Labels.Select(Term)],
            [.. _problem.Labels.Select((_, row) => Place(row, 0))],
            [.. _problem.Labels.Select(rules.WeightOf)]
        );
    }

    private (Number[] Terms, int[] Places) EntryTerms(Number[] z) =>
        (
            _problem.Loss switch
            {
                LossKind.Mse => [.. z.Select((number, index) => Functions.Square(number + -_problem.Wanted[index]))],
                LossKind.BinaryCrossEntropy =>
                [
                    .. z.Select((number, index) => Functions.Softplus(number) - _problem.Wanted[index] * number),
                ],
                _ => z,
            },
            [.. Enumerable.Range(0, z.Length)]
        );
}
