using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Evaluation;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Oracle;

/// <summary>A result that is right.</summary>
/// <param name="Shape">Its sizes; null where the documentation leaves them open.</param>
/// <param name="Values">Its elements, row-major.</param>
internal sealed record ExpectedResult(int[]? Shape, double[] Values);

/// <summary>
/// Each quantity by its definition in the pages. L is the loss, z the value that it is taken of, ℓₙ what sample n adds to L
/// (N times that where L is a mean).
/// </summary>
internal sealed class Expectation
{
    private readonly Problem _problem;
    private readonly DenseDerivatives _dense;
    private readonly double[][] _hessian;
    private readonly int[] _samplesOfEntries;

    public Expectation(Problem problem, DenseDerivatives dense)
    {
        (_problem, _dense) = (problem, dense);
        _hessian = dense.Hessian(dense.Loss);
        _samplesOfEntries = [.. dense.Entries.Select(problem.Target.Layout.SampleOf)];
        Direction =
        [
            .. Enumerable.Range(0, dense.Size).Select(index => Math.Round(512 * Mixing.Unit(problem.Seed, 8000, index)) / 256 - 1),
        ];
        Cotangent =
        [
            .. Enumerable
                .Range(0, dense.Jacobian.Length)
                .Select(index => Math.Round(512 * Mixing.Unit(problem.Seed, 8001, index)) / 256 - 1),
        ];
    }

    /// <summary>The direction for <c>hvp</c> and <c>jvp</c>, of the target's shape.</summary>
    public double[] Direction { get; }

    /// <summary>The cotangent for <c>vjp</c>, of z's shape.</summary>
    public double[] Cotangent { get; }

    /// <summary>The shape of what is asked for of the target.</summary>
    public int[] TargetShape =>
        _problem.Part is { } part
            ? [.. part.IsSingle ? [] : new[] { part.End - part.Start }, .. _problem.Target.Shape[1..]]
            : _problem.Target.Shape;

    private int Samples => _problem.Graph.Samples;

    /// <summary>Whether the target is a weight, which belongs to all samples.</summary>
    private bool IsOfWeight => _problem.Graph.Constants.Any(constant => constant.Name == _problem.Target.Name);

    /// <summary>Whether the target holds something for each sample.</summary>
    private bool IsOfSamples => _samplesOfEntries.Length > 0 && _samplesOfEntries[0] >= 0;

    /// <summary>
    /// Whether samples lie along a whole axis of the target, so that the documentation says which shape results for each sample have.
    /// </summary>
    private bool HasSampleAxis => _problem.Target.Layout is { SampleAxis: >= 0 and var axis } layout && layout.Axes[axis].Length == 1;

    /// <summary>The results that are right, of which a run must give one; none where the quantity is not defined for the problem.</summary>
    public ImmutableArray<ExpectedResult> Of(Quantity quantity)
    {
        switch (quantity)
        {
            case Quantity.Loss:
                return One([], [_dense.Loss.Value]);
            case Quantity.Gradient:
                return One(TargetShape, _dense.Gradient(_dense.Loss));
            case Quantity.HessianDiagonal:
                return One(TargetShape, Diagonal(_hessian));
            case Quantity.GgnDiagonal when HasFactor:
                return One(TargetShape, _dense.GaussNewton(null));
            case Quantity.FisherDiagonal when HasTerms:
                return One(TargetShape, Fisher());
            case Quantity.Hvp:
                return One(TargetShape, [.. _hessian.Select(row => Dot(row, Direction))]);
            case Quantity.GradientOfGradient:
                return One(TargetShape, [.. _hessian.Select(row => row.Sum())]);
            case Quantity.Jvp:
                return Outputs([], [.. _dense.Jacobian.Select(row => new[] { Dot(row, Direction) })]);
            case Quantity.Vjp:
                return One(
                    TargetShape,
                    [.. Enumerable.Range(0, _dense.Size).Select(entry => Dot([.. _dense.Jacobian.Select(row => row[entry])], Cotangent))]
                );
            case Quantity.Jacobian when IsOfWeight || _problem.HasKnownSamples && !IsOfSamples:
                return Outputs(TargetShape, _dense.Jacobian);
            case Quantity.Jacobian when !_dense.IsCoupled && _problem.HasKnownSamples && _problem.Z.Layout.SampleAxis >= 0:
                var blocks = new ExpectedResult(null, [.. Enumerable.Range(0, Samples).SelectMany(OwnRows)]);
                return MustBeSeparate ? [blocks] : [blocks, .. Outputs(TargetShape, _dense.Jacobian)];
            case Quantity.Hessian:
                return Hessians();
            case Quantity.CrossHessian:
                return CrossHessians(_problem.Other!);
            case Quantity.Laplacian:
                return Laplacians();
            case Quantity.PerSampleGradient when HasTerms:
                return EachSample(n => _dense.Gradient(_dense.OfSamples![n]));
            case Quantity.PerSampleFisherDiagonal when HasTerms:
                return EachSample(n => Squares(_dense.Gradient(_dense.OfSamples![n])));
            case Quantity.PerSampleHessianDiagonal when HasTerms:
                return EachSample(n => Diagonal(_dense.Hessian(_dense.OfSamples![n])));
            case Quantity.PerSampleGgnDiagonal when HasTerms && HasFactor:
                return EachSample(n => _dense.GaussNewton(n));
            default:
                return [];
        }
    }

    /// <summary>Whether the documentation says which data are samples, and what each adds to the loss.</summary>
    private bool HasTerms => _dense.OfSamples is not null && _problem.HasKnownSamples;

    /// <summary>A loss that the model computes in a way of its own is not known to be convex in anything.</summary>
    private bool HasFactor => _problem.Loss != LossKind.Value || _problem.OwnCrossEntropy is not null;

    private static ImmutableArray<ExpectedResult> One(int[]? shape, double[] values) => [new ExpectedResult(shape, values)];

    private static double[] Squares(double[] values) => Array.ConvertAll(values, value => value * value);

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>
    /// Whether independent samples of the target must be found to be so. A value between may come of coupled samples, and samples that a
    /// loop takes one by one are not followed: these count as one whole.
    /// </summary>
    private bool MustBeSeparate => _problem.Target.Name[0] == 'x' && !_problem.Graph.HasLoops;

    private static double[] Diagonal(double[][] matrix) => [.. matrix.Select((row, index) => row[index])];

    private int[] Own(int sample) => [.. Enumerable.Range(0, _dense.Size).Where(entry => _samplesOfEntries[entry] == sample)];

    private double[] Fisher()
    {
        var sums = new double[_dense.Size];
        foreach (var sample in _dense.OfSamples!)
        foreach (var (entry, value) in _dense.Gradient(sample).Index())
            sums[entry] += value * value;
        var isMean = _problem.OwnCrossEntropy is { } own
            ? own == "mean"
            : _problem.Reduction == Reduction.Mean && _problem.Loss is not (LossKind.Sum or LossKind.Value);
        return isMean ? Array.ConvertAll(sums, sum => sum / _dense.Counted) : sums;
    }

    /// <summary>Rows for the entries of z: in z's order, or with the samples first.</summary>
    private ImmutableArray<ExpectedResult> Outputs(int[] rest, double[][] rows)
    {
        var z = _problem.Z.Layout;
        var plain = new ExpectedResult([.. z.Shape, .. rest], [.. rows.SelectMany(row => row)]);
        var axis = z.SampleAxis;
        if (axis <= 0)
            return [plain];
        var order = Enumerable.Range(0, rows.Length).OrderBy(z.SampleOf).ToArray();
        return [plain, new ExpectedResult(null, [.. order.SelectMany(place => rows[place])])];
    }

    /// <summary>The rows of a sample's own entries of z, by its own entries of the target.</summary>
    private IEnumerable<double> OwnRows(int sample)
    {
        var own = Own(sample);
        return _dense
            .Jacobian.Where((_, place) => _problem.Z.Layout.SampleOf(place) == sample)
            .SelectMany(row => own.Select(entry => row[entry]));
    }

    /// <summary>
    /// The block of a weight; of an input a block for each sample, where samples have no second derivatives with each other.
    /// </summary>
    private ImmutableArray<ExpectedResult> Hessians() =>
        Blocked(
            new ExpectedResult([.. TargetShape, .. TargetShape], [.. _hessian.SelectMany(row => row)]),
            own => own.SelectMany(row => own.Select(column => _hessian[row][column]))
        );

    /// <summary>
    /// The block of two targets; of two inputs a block for each sample is right, too, where samples have no second derivatives with each
    /// other.
    /// </summary>
    private ImmutableArray<ExpectedResult> CrossHessians(Sketch other)
    {
        var block = _dense.CrossHessian();
        var whole = new ExpectedResult([.. TargetShape, .. other.Shape], [.. block.SelectMany(row => row)]);
        int[] owners = [.. Enumerable.Range(0, other.Layout.Count()).Select(other.Layout.SampleOf)];
        if (!IsOfSamples || owners[0] < 0)
            return [whole];
        if (!_problem.HasKnownSamples)
            return [];
        var crossed = Enumerable
            .Range(0, block.Length)
            .Any(row =>
                Enumerable.Range(0, owners.Length).Any(column => owners[column] != _samplesOfEntries[row] && block[row][column] != 0)
            );
        var blocks =
            from sample in Enumerable.Range(0, Samples)
            from row in Own(sample)
            from column in Enumerable.Range(0, owners.Length)
            where owners[column] == sample
            select block[row][column];
        return crossed ? [whole] : [whole, new ExpectedResult(null, [.. blocks])];
    }

    private ImmutableArray<ExpectedResult> Laplacians() =>
        Blocked(new ExpectedResult([], [Diagonal(_hessian).Sum()]), own => [own.Sum(entry => _hessian[entry][entry])]);

    /// <summary>
    /// The right values of a whole, or of blocks: of a weight the whole; of an input whose samples are independent the blocks of the
    /// samples; else the whole, or the samples' blocks where these have all there is. Nothing is said where the documentation leaves
    /// open what samples are.
    /// </summary>
    private ImmutableArray<ExpectedResult> Blocked(ExpectedResult whole, Func<int[], IEnumerable<double>> block)
    {
        if (IsOfWeight)
            return [whole];
        if (!_problem.HasKnownSamples)
            return [];
        var blocks = new ExpectedResult(null, [.. _samplesOfEntries.Distinct().Order().SelectMany(OfSample)]);
        if (MustBeSeparate && IsOfSamples && HasTerms && !_dense.IsCoupled)
            return [blocks];
        return IsCrossed(_samplesOfEntries) ? [whole] : [whole, blocks];

        IEnumerable<double> OfSample(int sample) =>
            block([.. Enumerable.Range(0, _dense.Size).Where(entry => _samplesOfEntries[entry] == sample)]);
    }

    /// <summary>Whether entries of different owners have second derivatives with each other.</summary>
    private bool IsCrossed(int[] owners) =>
        Enumerable
            .Range(0, _dense.Size)
            .Any(row => Enumerable.Range(0, _dense.Size).Any(column => owners[row] != owners[column] && _hessian[row][column] != 0));

    private ImmutableArray<ExpectedResult> EachSample(Func<int, double[]> of)
    {
        if (IsOfSamples && _dense.IsCoupled)
            return [];
        var rows = Enumerable.Range(0, Samples).Select(n => IsOfSamples ? [.. Own(n).Select(entry => of(n)[entry])] : of(n)).ToArray();
        // Of a single sample the target may be taken for one of that sample, or for one of all samples, and so may a value between where
        // batches have one sample.
        var isSeparate = HasSampleAxis && Samples > 1 && (_problem.BatchSize != 1 || _problem.Target.Name[0] == 'x');
        int[]? shape =
            !IsOfSamples ? [Samples, .. TargetShape]
            : isSeparate ? [Samples, .. TargetShape.Where((_, axis) => axis != _problem.Target.Layout.SampleAxis)]
            : null;
        return One(shape, [.. rows.SelectMany(row => row)]);
    }
}
