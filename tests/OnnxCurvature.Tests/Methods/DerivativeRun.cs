using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Quantities of one target of a problem in double, and the dense matrices that they should come from, by differences of values alone.
/// </summary>
internal sealed class DerivativeRun
{
    private const double Step = 3e-4;

    /// <summary>The step of second differences, which divide the roundoff of a loss by its square; kinks are farther away.</summary>
    private const double Wide = 7e-4;

    private readonly Dictionary<Value, Tensor> _data;
    private readonly Dictionary<string, Vector<double>> _outputs = new(StringComparer.Ordinal);
    private readonly CurvaturePlan _plan;
    private readonly Target _target;
    private readonly Problem _problem;

    public DerivativeRun(string name, string target, params ImmutableArray<Quantity> quantities)
        : this(
            name,
            new CurvatureRequest
            {
                WithRespectTo = [target],
                Loss = new LossRequest(LossKind.Sum),
                Quantities = quantities,
            }
        ) { }

    public DerivativeRun(string name, CurvatureRequest request, bool givesMoments = false)
    {
        _problem = ProblemTable.Find(name);
        Samples = _problem.Samples;
        request = request with { Loss = new LossRequest(_problem.Loss) };
        var limits = new PlanLimits { MemoryBytes = 200_000, Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", Samples) };
        _plan = new Planner(_problem.Graph(), request, limits) { GivesMoments = givesMoments }.Plan();
        _target = _plan.Targets[0];
        _data = _problem.Data(_plan.Loss.Target);
        foreach (var input in _plan.Program.Parameters.Where(input => !_data.ContainsKey(input)))
        {
            long[] shape = [.. input.Type.Shape.Select(dim => dim.Known ?? Samples)];
            _data[input] = Tensor.Of(
                shape,
                [.. Enumerable.Range(1, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => Math.Sin(i * i))]
            );
        }
        var results = Interpreter.Run(_plan.Program, _data);
        for (var index = 0; index < results.Length; index++)
            _outputs[_plan.Program.Outputs[index].Name] = Vector<double>.Build.DenseOfArray(results[index].Floats);
    }

    public int Samples { get; }

    public CurvaturePlan Plan => _plan;

    /// <summary>A weight, an input or the loss's target.</summary>
    public Tensor Read(string name) =>
        _problem.Weights.FirstOrDefault(weight => weight.Name == name)?.Constant!.Read()
        ?? _data.Single(entry => entry.Key.Name == name).Value;

    public Vector<double> this[Quantity quantity] => _outputs[quantity.OutputName(_target.Name)];

    public Vector<double> Direction => Input(".direction");

    public Vector<double> Cotangent => Input(".cotangent");

    /// <summary>
    /// The block of the Hessian, by central differences of central differences of the loss in two steps, whose error of second order
    /// cancels.
    /// </summary>
    public Matrix<double> Hessian()
    {
        var entries = Entries();
        var hessian = Matrix<double>.Build.Dense(entries.Length, entries.Length);
        for (var i = 0; i < entries.Length; i++)
        for (var j = 0; j <= i; j++)
            hessian[i, j] = hessian[j, i] = (4 * Mixed(entries[i], entries[j], Wide) - Mixed(entries[i], entries[j], 2 * Wide)) / 3;
        return hessian;

        double Mixed(int i, int j, double step) =>
            (Loss((i, step), (j, step)) - Loss((i, step), (j, -step)) - Loss((i, -step), (j, step)) + Loss((i, -step), (j, -step)))
            / (4 * step * step);
    }

    /// <summary>z.</summary>
    public Vector<double> Logits() => At(_plan.Loss.Output, _data);

    /// <summary>The Jacobian of z, by five-point differences.</summary>
    public Matrix<double> Jacobian() =>
        Matrix<double>.Build.DenseOfColumnVectors(Entries().Select(entry => Slope(_plan.Loss.Output, entry)));

    /// <summary>
    /// The gradient and the diagonal of the Hessian of what each sample adds to N times the mean, by differences of the loss with all
    /// others left out.
    /// </summary>
    public (Matrix<double> Gradients, Matrix<double> Diagonals) OfSamples()
    {
        var entries = Entries();
        var each = _target.Value.Constant is null ? entries.Length / Samples : entries.Length;
        var gradients = Matrix<double>.Build.Dense(Samples, each);
        var diagonals = Matrix<double>.Build.Dense(Samples, each);
        for (var sample = 0; sample < Samples; sample++)
        {
            // The loss of a batch of copies of one sample is that sample's loss.
            var copies = new Dictionary<Value, Tensor>();
            foreach (var (value, tensor) in _data)
            {
                var row = tensor.Count / Samples;
                var at = sample;
                copies[value] = tensor.Gather(
                    tensor.Shape.AsSpan(),
                    [.. Enumerable.Range(0, tensor.Count).Select(i => at * row + i % row)]
                );
            }
            for (var entry = 0; entry < each; entry++)
            {
                var position = _target.Value.Constant is null ? sample * each + entry : entries[entry];
                double L(double step) => LossAt(copies, position, step, all: _target.Value.Constant is null ? each : 0);
                gradients[sample, entry] = (8 * (L(Step) - L(-Step)) - (L(2 * Step) - L(-2 * Step))) / (12 * Step);
                diagonals[sample, entry] = (16 * (L(Step) + L(-Step)) - (L(2 * Step) + L(-2 * Step)) - 30 * L(0)) / (12 * Step * Step);
            }
        }
        return (gradients, diagonals);
    }

    private Vector<double> Input(string suffix) =>
        Vector<double>.Build.DenseOfArray(
            _data[_plan.Program.Parameters.Single(input => input.Name!.EndsWith(suffix, StringComparison.Ordinal))].Floats
        );

    private Tensor Point => _target.Value.Constant?.Read() ?? _data[_target.Value];

    private int[] Entries()
    {
        var row = Point.Rank == 0 ? 1 : Point.Count / (int)Point.Shape[0];
        return _target.IsPart
            ? [.. Enumerable.Range((int)_target.Start * row, (int)(_target.End - _target.Start) * row)]
            : [.. Enumerable.Range(0, Point.Count)];
    }

    private double Loss(params (int Entry, double Step)[] steps) => At(_plan.Loss.Loss, _data, steps)[0];

    /// <summary>The loss with an entry moved, in every copy of the sample where there are copies.</summary>
    private double LossAt(Dictionary<Value, Tensor> data, int position, double step, int all) =>
        At(
            _plan.Loss.Loss,
            data,
            all == 0 ? [(position, step)] : [.. Enumerable.Range(0, Samples).Select(n => (n * all + position % all, step))]
        )[0];

    private Vector<double> Slope(Value output, int entry) =>
        (
            8 * (At(output, _data, (entry, Step)) - At(output, _data, (entry, -Step)))
            - (At(output, _data, (entry, 2 * Step)) - At(output, _data, (entry, -2 * Step)))
        ) / (12 * Step);

    private Vector<double> At(Value output, Dictionary<Value, Tensor> data, params (int Entry, double Step)[] steps)
    {
        var point = _target.Value.Constant?.Read() ?? data[_target.Value];
        var moved = point.Floats.ToArray();
        foreach (var (entry, step) in steps)
            moved[entry] += step;
        var values = new Dictionary<Value, Tensor>(data) { [_target.Value] = Tensor.Of(point.Element, point.Shape.AsSpan(), moved) };
        Interpreter.Run(GraphWalk.Ancestors([output]), values);
        return Vector<double>.Build.DenseOfArray(values[output].Floats);
    }
}
