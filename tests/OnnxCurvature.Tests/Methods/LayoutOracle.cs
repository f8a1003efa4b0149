using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Everything that samples and curvature have to do with, from values of z alone: the Jacobian and second derivatives of z by differences,
/// the losses in closed form, and which entry of z belongs to which sample by moving the sample's input and looking what changes.
/// </summary>
internal sealed class LayoutOracle
{
    private const double Step = 1e-3;

    private readonly Problem _problem;
    private readonly Dictionary<Value, Tensor> _data;
    private readonly Value _z;
    private readonly Value _with;
    private readonly int[] _termOf;
    private readonly Vector<double> _first;
    private readonly Matrix<double> _second;
    private readonly Matrix<double> _jacobian;
    private readonly Matrix<double> _bend;

    /// <summary>Takes z apart.</summary>
    /// <param name="problem">The network.</param>
    /// <param name="with">The weight.</param>
    /// <param name="data">The inputs.</param>
    /// <param name="target">The loss's target.</param>
    /// <param name="isProven">Whether samples are independent.</param>
    public LayoutOracle(Problem problem, Value with, Dictionary<Value, Tensor> data, Tensor target, bool isProven)
    {
        _problem = problem;
        _with = with;
        _data = data;
        _z = problem.Output!;
        var z = At(0, 0);
        var point = Point;
        _jacobian = Matrix<double>.Build.DenseOfColumnVectors(
            Enumerable
                .Range(0, point.Count)
                .Select(entry =>
                    (45 * (At(entry, 1) - At(entry, -1)) - 9 * (At(entry, 2) - At(entry, -2)) + (At(entry, 3) - At(entry, -3)))
                    / (60 * Step)
                )
        );
        _bend = Matrix<double>.Build.DenseOfColumnVectors(
            Enumerable
                .Range(0, point.Count)
                .Select(entry =>
                    (
                        270 * (At(entry, 1) + At(entry, -1))
                        - 27 * (At(entry, 2) + At(entry, -2))
                        + 2 * (At(entry, 3) + At(entry, -3))
                        - 490 * z
                    ) / (180 * Step * Step)
                )
        );
        var shape = Values(0, 0).Shape;
        _termOf = new int[z.Count];
        Samples = problem.Samples;
        // Where samples are coupled, a sample has the rows of its targets.
        OwnerOf = isProven ? Owners(z) : [.. Enumerable.Range(0, z.Count).Select(entry => entry / (z.Count / Samples))];
        if (problem.Loss == LossKind.CrossEntropy)
        {
            var (classes, inner) = ((int)shape[1], (int)shape.Skip(2).Aggregate(1L, (a, c) => a * c));
            for (var entry = 0; entry < z.Count; entry++)
                _termOf[entry] = entry / (classes * inner) * inner + entry % inner;
            (_first, _second) = CrossEntropy(z, target.Integers, entry => entry / inner % classes);
            Terms = z.Count / classes;
        }
        else
        {
            for (var entry = 0; entry < z.Count; entry++)
                _termOf[entry] = entry;
            Terms = z.Count;
            var t = Vector<double>.Build.DenseOfArray(target.Floats);
            var s = z.Map(value => 1 / (1 + Math.Exp(-value)));
            _first = problem.Loss == LossKind.Mse ? 2 * (z - t) : s - t;
            _second = Matrix<double>.Build.DenseOfDiagonalVector(
                problem.Loss == LossKind.Mse ? Vector<double>.Build.Dense(z.Count, 2) : s.PointwiseMultiply(1 - s)
            );
        }
    }

    public int Samples { get; }

    /// <summary>The number of terms that the mean is over.</summary>
    private int Terms { get; }

    /// <summary>The sample of each entry of z; −1 where several have influence.</summary>
    public int[] OwnerOf { get; }

    /// <summary>Whether every term of the loss belongs to one sample.</summary>
    public bool SeparatesSamples =>
        Enumerable
            .Range(0, OwnerOf.Length)
            .GroupBy(entry => _termOf[entry])
            .All(term => term.All(entry => OwnerOf[entry] >= 0 && OwnerOf[entry] == OwnerOf[term.First()]));

    /// <summary>∂z/∂w.</summary>
    public Matrix<double> Jacobian => _jacobian;

    public Vector<double> Gradient => _jacobian.TransposeThisAndMultiply(_first) / Terms;

    public Vector<double> GaussNewton => Squares(_ => true) / Terms;

    /// <summary>Gauss–Newton, and the second derivatives of z times the gradient in it.</summary>
    public Vector<double> Hessian => GaussNewton + _bend.TransposeThisAndMultiply(_first) / Terms;

    /// <summary>∂ℓₙ/∂w, N times what sample n adds to the mean: [N, *w].</summary>
    public Matrix<double> Gradients => Rows(own => _jacobian.TransposeThisAndMultiply(Of(own, _first)) * Samples / Terms);

    public Matrix<double> SampleGaussNewton => Rows(own => Squares(own) * Samples / Terms);

    public Matrix<double> SampleHessian => Rows(own => (Squares(own) + _bend.TransposeThisAndMultiply(Of(own, _first))) * Samples / Terms);

    private Matrix<double> Rows(Func<Func<int, bool>, Vector<double>> row) =>
        Matrix<double>.Build.DenseOfRowVectors(Enumerable.Range(0, Samples).Select(sample => row(entry => OwnerOf[entry] == sample)));

    private static Vector<double> Of(Func<int, bool> own, Vector<double> values) =>
        values.MapIndexed((entry, value) => own(entry) ? value : 0);

    private Vector<double> Squares(Func<int, bool> own)
    {
        var rows = Matrix<double>.Build.Dense(
            _jacobian.RowCount,
            _jacobian.ColumnCount,
            (row, column) => own(row) ? _jacobian[row, column] : 0
        );
        return (rows.TransposeThisAndMultiply(_second) * rows).Diagonal();
    }

    /// <summary>p − e_label and diag(p) − ppᵀ of every row.</summary>
    private (Vector<double> First, Matrix<double> Second) CrossEntropy(Vector<double> z, long[] labels, Func<int, int> classOf)
    {
        var (first, second) = (Vector<double>.Build.Dense(z.Count), Matrix<double>.Build.Dense(z.Count, z.Count));
        foreach (var term in Enumerable.Range(0, z.Count).GroupBy(entry => _termOf[entry]))
        {
            int[] entries = [.. term];
            var sum = entries.Sum(entry => Math.Exp(z[entry]));
            foreach (var entry in entries)
            {
                var p = Math.Exp(z[entry]) / sum;
                first[entry] = p - (labels[term.Key] == classOf(entry) ? 1 : 0);
                foreach (var other in entries)
                    second[entry, other] = (entry == other ? p : 0) - p * Math.Exp(z[other]) / sum;
            }
        }
        return (first, second);
    }

    private int[] Owners(Vector<double> z)
    {
        var owners = Enumerable.Repeat(-2, z.Count).ToArray();
        foreach (var input in _problem.Inputs)
            for (var sample = 0; sample < Samples; sample++)
            {
                var (moved, row) = (_data[input].Floats.ToArray(), _data[input].Count / Samples);
                for (var entry = sample * row; entry < (sample + 1) * row; entry++)
                    moved[entry] += 0.37 + 0.11 * entry;
                var values = new Dictionary<Value, Tensor>(_data)
                {
                    [input] = Tensor.Of(ElementType.Float64, _data[input].Shape.AsSpan(), moved),
                };
                Interpreter.Run(GraphWalk.Ancestors([_z]), values);
                for (var entry = 0; entry < z.Count; entry++)
                    if (values[_z].Floats[entry] != z[entry])
                        owners[entry] = owners[entry] is -2 || owners[entry] == sample ? sample : -1;
            }
        return owners;
    }

    private Tensor Point => _with.Constant?.Read() ?? _data[_with];

    private Vector<double> At(int entry, int steps) => Vector<double>.Build.DenseOfArray(Values(entry, steps * Step).Floats);

    private Tensor Values(int entry, double step)
    {
        var (point, moved) = (Point, Point.Floats.ToArray());
        moved[entry] += step;
        var values = new Dictionary<Value, Tensor>(_data) { [_with] = Tensor.Of(point.Element, point.Shape.AsSpan(), moved) };
        Interpreter.Run(GraphWalk.Ancestors([_z]), values);
        return values[_z];
    }
}
