using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Wherever an output holds its samples, curvature and what belongs to single samples are right, or refused: against differences of z and
/// closed forms of the losses.
/// </summary>
[Trait("Category", "Slow")]
public sealed class LayoutTests
{
    private const double First = 1e-8;
    private const double Second = 1e-6;

    /// <summary>The problems for which results of single samples are refused.</summary>
    private static readonly ApprovedList Refusals = new("layout-refusals.txt", parts: 1);

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var layout in LayoutProblem.Layouts.Keys)
            foreach (var loss in new[] { nameof(LossKind.Mse), nameof(LossKind.CrossEntropy), nameof(LossKind.BinaryCrossEntropy) })
                cases.Add(layout, loss);
            return cases;
        }
    }

    /// <summary>Samples, steps, classes: all different, all the same, two the same, and a single sample.</summary>
    private static readonly (int Samples, long Steps, long Classes)[] Sizes = [(3, 2, 4), (3, 3, 3), (2, 3, 2), (1, 3, 2), (2, 2, 3)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Diagonals_and_Jacobians_are_right_wherever_samples_lie(string layout, string loss)
    {
        foreach (var (samples, steps, classes) in Sizes)
        foreach (var weight in new[] { "w", "scale" })
        {
            var run = new Run(
                layout,
                loss,
                samples,
                steps,
                classes,
                weight,
                [Quantity.Gradient, Quantity.HessianDiagonal, Quantity.GgnDiagonal, Quantity.Jacobian]
            );
            run.Near(run.Oracle.Gradient, Quantity.Gradient, First);
            run.Near(run.Oracle.GaussNewton, Quantity.GgnDiagonal, First);
            run.Near(run.Oracle.Hessian, Quantity.HessianDiagonal, Second);
            run.Near(Flat(run.Oracle.Jacobian), Quantity.Jacobian, First);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_way_that_is_proven_gives_the_same_diagonal_wherever_samples_lie(string layout, string loss)
    {
        foreach (var (samples, steps, classes) in Sizes.Take(2))
            for (var (way, ways) = (0, 1); way < ways; way++)
            {
                var (chosen, open) = (way, 1);
                var run = new Run(
                    layout,
                    loss,
                    samples,
                    steps,
                    classes,
                    "scale",
                    [Quantity.HessianDiagonal],
                    candidates =>
                    {
                        open = candidates.Count(candidate => candidate.Obstacle is null);
                        return candidates[chosen];
                    }
                );
                ways = open;
                run.Near(run.Oracle.Hessian, Quantity.HessianDiagonal, Second);
            }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_of_samples_are_right_wherever_these_lie_or_refused(string layout, string loss)
    {
        ImmutableArray<Quantity> quantities =
        [
            Quantity.PerSampleGradient,
            Quantity.PerSampleFisherDiagonal,
            Quantity.PerSampleGgnDiagonal,
            Quantity.PerSampleHessianDiagonal,
            Quantity.FisherDiagonal,
        ];
        foreach (var (samples, steps, classes) in Sizes)
        foreach (var weight in new[] { "w", "scale" })
        {
            Run? run = null;
            string? refusal = null;
            try
            {
                run = new Run(layout, loss, samples, steps, classes, weight, quantities);
            }
            catch (UserErrorException exception)
            {
                refusal = exception.Message;
            }
            Refusals.Check($"{layout}, {loss}, {samples} samples, {steps} steps, {classes} classes, {weight}", refusal);
            if (run is null)
                continue;
            Assert.True(samples == 1 || run.Oracle.SeparatesSamples, $"{layout} with {loss} should be refused");
            var gradients = run.Oracle.Gradients;
            run.Near(Flat(gradients), Quantity.PerSampleGradient, First);
            run.Near(Flat(gradients.PointwisePower(2)), Quantity.PerSampleFisherDiagonal, First);
            run.Near(Flat(run.Oracle.SampleGaussNewton), Quantity.PerSampleGgnDiagonal, First);
            run.Near(Flat(run.Oracle.SampleHessian), Quantity.PerSampleHessianDiagonal, Second);
            run.Near(gradients.PointwisePower(2).ColumnSums() / samples, Quantity.FisherDiagonal, First);
        }
    }

    [Theory]
    [InlineData("rows merged", nameof(LossKind.CrossEntropy))]
    [InlineData("rows merged, steps first", nameof(LossKind.Mse))]
    [InlineData("classes, samples, steps", nameof(LossKind.BinaryCrossEntropy))]
    [InlineData("twice in a batch", nameof(LossKind.CrossEntropy))]
    public void Sampled_targets_estimate_the_same_diagonal_wherever_samples_lie(string layout, string loss)
    {
        var run = new Run(layout, loss, 3, 2, 4, "scale", [Quantity.GgnDiagonal], estimator: Estimator.GgnMonteCarlo);
        run.Covers(run.Oracle.GaussNewton, Quantity.GgnDiagonalEstimate, Quantity.GgnDiagonalStandardError);
    }

    [Theory]
    [InlineData("rows merged")]
    [InlineData("rows merged, steps first")]
    [InlineData("rows merged before the weight")]
    [InlineData("classes first")]
    [InlineData("steps, samples, classes")]
    public void Samples_elsewhere_do_not_cost_products_for_each_of_them(string layout)
    {
        foreach (var symbolic in new[] { false, true })
        {
            var run = new Run(
                layout,
                nameof(LossKind.Mse),
                3,
                2,
                4,
                "w",
                [Quantity.GgnDiagonal, Quantity.PerSampleGradient],
                symbolic: symbolic
            );
            Assert.Equal(8, run.Plan.Methods[0].Directions);
            Assert.DoesNotContain("coupled", run.Plan.Methods[0].Method, StringComparison.Ordinal);
            run.Near(run.Oracle.GaussNewton, Quantity.GgnDiagonal, First);
            run.Near(Flat(run.Oracle.Gradients), Quantity.PerSampleGradient, First);
        }
    }

    /// <summary>Of few entries under many outputs each is pushed forward, for single samples, too.</summary>
    [Theory]
    [InlineData("wide head", 3)]
    [InlineData("wide head, rows merged", 3)]
    [InlineData("wide head, samples last", 3)]
    [InlineData("in one batch, then split", 3)]
    public void Few_entries_are_pushed_forward_for_every_sample(string layout, int directions)
    {
        var run = new Run(layout, nameof(LossKind.CrossEntropy), 3, 2, 3, "scale", [Quantity.PerSampleGgnDiagonal]);
        Assert.Equal("forward products, per sample", run.Plan.Methods[0].Method);
        Assert.Equal(directions, run.Plan.Methods[0].Directions);
        run.Near(Flat(run.Oracle.SampleGaussNewton), Quantity.PerSampleGgnDiagonal, First);
    }

    /// <summary>Batches that pass a network as one, and are taken apart again, keep samples separate.</summary>
    [Theory]
    [InlineData("in one batch, then split")]
    [InlineData("in one batch, then sliced")]
    [InlineData("side by side, then every second")]
    [InlineData("behind what has no weight")]
    public void Parts_of_one_batch_keep_samples_separate(string layout)
    {
        var run = new Run(layout, nameof(LossKind.Mse), 3, 2, 4, "w", [Quantity.GgnDiagonal, Quantity.PerSampleGradient]);
        Assert.Equal(8, run.Plan.Methods[0].Directions);
        run.Near(run.Oracle.GaussNewton, Quantity.GgnDiagonal, First);
        run.Near(Flat(run.Oracle.Gradients), Quantity.PerSampleGradient, First);
    }

    [Theory]
    [InlineData("wide head", 6)]
    [InlineData("wide head, rows merged", 6)]
    [InlineData("wide head, samples last", 6)]
    public void A_narrow_value_before_the_output_has_fewer_directions(string layout, int directions)
    {
        var run = new Run(
            layout,
            nameof(LossKind.CrossEntropy),
            2,
            2,
            3,
            "scale",
            [Quantity.HessianDiagonal, Quantity.GgnDiagonal],
            candidates => candidates.First(candidate => candidate.Method == OnnxCurvature.Methods.Planning.CandidateMethod.CholeskyFactor)
        );
        Assert.Contains(run.Plan.Methods, method => method.Method.StartsWith("Cholesky factor at a cut", StringComparison.Ordinal));
        Assert.Equal(directions, run.Plan.Methods.Single(method => method.Quantity == Quantity.GgnDiagonal).Directions);
        run.Near(run.Oracle.Hessian, Quantity.HessianDiagonal, Second);
        run.Near(run.Oracle.GaussNewton, Quantity.GgnDiagonal, First);
    }

    private static Vector<double> Flat(Matrix<double> matrix) => Vector<double>.Build.DenseOfArray(matrix.ToRowMajorArray());

    /// <summary>A plan of one weight, what its program gives, and what it should give.</summary>
    private sealed class Run
    {
        private readonly Dictionary<string, Tensor> _outputs = new(StringComparer.Ordinal);
        private readonly string _name;
        private readonly string _weight;

        public Run(
            string layout,
            string lossName,
            int samples,
            long steps,
            long classes,
            string weight,
            ImmutableArray<Quantity> quantities,
            Func<IReadOnlyList<OnnxCurvature.Methods.Planning.Candidate>, OnnxCurvature.Methods.Planning.Candidate>? choice = null,
            bool symbolic = false,
            Estimator estimator = Estimator.None
        )
        {
            var loss = Enum.Parse<LossKind>(lossName);
            (_name, _weight) = ($"{layout} {loss} {samples} × {steps} × {classes}", weight);
            var problem = LayoutProblem.Create(layout, loss, samples, steps, classes, symbolic);
            var request = new CurvatureRequest
            {
                WithRespectTo = [weight],
                Loss = new LossRequest(loss),
                Quantities = quantities,
                Estimator = estimator,
                Probes = 2000,
            };
            var limits = new PlanLimits
            {
                Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", samples),
                Factorized = ElementType.Float64,
            };
            Plan = new Planner(problem.Graph(), request, limits) { Choice = choice ?? (candidates => candidates[0]) }.Plan();
            var data = Data(problem, Plan.Loss.Target!, samples);
            var results = Interpreter.Run(Plan.Program, data);
            for (var index = 0; index < results.Length; index++)
                _outputs[Plan.Program.Outputs[index].Name] = results[index];
            var target = data[Plan.Loss.Target!];
            data.Remove(Plan.Loss.Target!);
            Oracle = new LayoutOracle(
                problem,
                problem.Weights.First(value => value.Name == weight),
                data,
                target,
                LayoutProblem.Layouts[layout]
            );
        }

        public CurvaturePlan Plan { get; }

        public LayoutOracle Oracle { get; }

        public void Near(Vector<double> expected, Quantity quantity, double tolerance)
        {
            var computed = Vector<double>.Build.DenseOfArray(_outputs[quantity.OutputName(_weight)].Floats);
            Assert.Equal(expected.Count, computed.Count);
            var error = (expected - computed).L2Norm();
            Assert.True(
                error <= tolerance * (expected.L2Norm() + 1e-6),
                $"{quantity} of {_weight} in {_name}: off by {error} of {expected.L2Norm()}"
            );
        }

        /// <summary>Whether an estimate is off by no more than five of its standard errors, which are below a tenth of it.</summary>
        public void Covers(Vector<double> expected, Quantity estimate, Quantity error)
        {
            var (means, errors) = (_outputs[estimate.OutputName(_weight)].Floats, _outputs[error.OutputName(_weight)].Floats);
            for (var entry = 0; entry < expected.Count; entry++)
            {
                Assert.InRange(errors[entry], 0, 0.1 * expected[entry]);
                Assert.InRange(means[entry], expected[entry] - 5 * errors[entry], expected[entry] + 5 * errors[entry]);
            }
        }

        /// <summary>Data of the inputs, and of the loss's target in the size that the number of samples gives it.</summary>
        private static Dictionary<Value, Tensor> Data(Problem problem, Value target, int samples)
        {
            var data = problem.Data(null);
            long[] shape = [.. target.Type.Shape.Select(dim => dim.Known ?? dim.Factor * samples)];
            var (count, random) = ((int)shape.Aggregate(1L, (a, b) => a * b), new Random(7));
            data[target] =
                target.Type.Element == ElementType.Int64
                    ? Tensor.Of(
                        ElementType.Int64,
                        shape,
                        Enumerable.Range(0, count).Select(_ => (long)random.Next((int)problem.Output!.Type.Shape[1].Factor)).ToArray()
                    )
                    : Tensor.Of(shape, Enumerable.Range(0, count).Select(_ => random.NextDouble()).ToArray());
            return data;
        }
    }
}
