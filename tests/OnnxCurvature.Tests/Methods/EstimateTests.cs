using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Methods.Requests;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Estimates against the exact numbers: within their errors, unbiased, and better with more probes.</summary>
[Trait("Category", "Slow")]
public sealed class EstimateTests
{
    public static TheoryData<string, string, Estimator> Cases =>
        new()
        {
            { "tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson },
            { "tanh mlp Mse 3 symbolic", "w2", Estimator.Hutchinson },
            { "residual 3", "c1[1]", Estimator.Hutchinson },
            { "vgg gelu 2", "c3[1]", Estimator.Hutchinson },
            { "tanh mlp CrossEntropy 3", "w1", Estimator.GgnMonteCarlo },
            { "tanh mlp Mse 3 symbolic", "w1", Estimator.GgnMonteCarlo },
            { "tanh mlp BinaryCrossEntropy 1", "b1", Estimator.GgnMonteCarlo },
            { "segmentation 3 symbolic", "c1[1:2]", Estimator.GgnMonteCarlo },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Estimates_lie_within_their_standard_errors(string name, string target, Estimator estimator)
    {
        var exact = Exact(name, target, estimator);
        var (estimate, error) = Estimate(name, target, estimator, 2000, 7);
        for (var entry = 0; entry < exact.Count; entry++)
            Assert.True(
                Math.Abs(estimate[entry] - exact[entry]) <= 5 * error[entry] + 1e-12,
                $"entry {entry}: {estimate[entry]} ± {error[entry]} for {exact[entry]}"
            );
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_mean_of_small_estimates_is_the_exact_number(string name, string target, Estimator estimator)
    {
        var exact = Exact(name, target, estimator);
        var runs = Enumerable.Range(0, 60).Select(seed => Estimate(name, target, estimator, 4, seed).Estimate).ToArray();
        for (var entry = 0; entry < exact.Count; entry++)
        {
            var values = runs.Select(run => run[entry]).ToArray();
            var mean = values.Average();
            var error = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / values.Length / (values.Length - 1));
            Assert.True(Math.Abs(mean - exact[entry]) <= 5 * error + 1e-12, $"entry {entry}: {mean} ± {error} for {exact[entry]}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Moments_that_are_given_in_place_of_errors_give_these(string name, string target, Estimator estimator)
    {
        var request = Request(target, estimator, 12, 5);
        var error = request.ResultsOf(estimator.Estimated()).Last();
        var expected = new DerivativeRun(name, request)[error];
        var run = new DerivativeRun(name, request, givesMoments: true);
        var (moments, count) = (run[error], expected.Count);
        Assert.Equal([error.OutputName(target)], run.Plan.Moments);
        Assert.Equal(2 * count, moments.Count);
        for (var entry = 0; entry < count; entry++)
        {
            var (first, second) = (moments[entry], moments[count + entry]);
            Assert.InRange(Math.Abs(second - first * first - expected[entry] * expected[entry]), 0, 1e-12 * second);
        }
    }

    [Theory]
    [InlineData("tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson)]
    [InlineData("tanh mlp CrossEntropy 3", "w1", Estimator.GgnMonteCarlo)]
    [InlineData("tanh mlp Mse 3 symbolic", "w2", Estimator.GgnMonteCarlo)]
    public void Errors_fall_with_the_root_of_the_probes(string name, string target, Estimator estimator)
    {
        var exact = Exact(name, target, estimator);
        double Mean(int probes) =>
            Enumerable.Range(0, 12).Average(seed => (Estimate(name, target, estimator, probes, seed).Estimate - exact).L2Norm());
        Assert.InRange(Mean(20) / Mean(320), 4 * 0.7, 4 * 1.4);
        Assert.InRange(
            Estimate(name, target, estimator, 20, 1).Error.L2Norm() / Estimate(name, target, estimator, 320, 1).Error.L2Norm(),
            4 * 0.7,
            4 * 1.4
        );
    }

    [Theory]
    [InlineData("tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson, 200, 0.90, 0.62)]
    [InlineData("tanh mlp CrossEntropy 3", "w1", Estimator.GgnMonteCarlo, 200, 0.90, 0.62)]
    [InlineData("tanh mlp Mse 3 symbolic", "w2", Estimator.GgnMonteCarlo, 200, 0.90, 0.62)]
    // The leave-one-out estimates of xdiag share their basis, so that their spread is a guide only, as the plan says.
    [InlineData("tanh mlp CrossEntropy 3", "w1", Estimator.XDiag, 12, 0.75, 0.5)]
    [InlineData("tanh mlp Mse 3 symbolic", "w2", Estimator.XDiag, 9, 0.75, 0.5)]
    [InlineData("segmentation 3", "c1", Estimator.XDiag, 12, 0.75, 0.5)]
    public void Standard_errors_cover_as_many_errors_as_they_should(
        string name,
        string target,
        Estimator estimator,
        int probes,
        double least,
        double leastOfOne
    )
    {
        var exact = Exact(name, target, estimator);
        var runs = Enumerable.Range(100, 40).Select(seed => Estimate(name, target, estimator, probes, seed)).ToArray();
        double Covered(double multiple) =>
            runs.Average(run =>
                Enumerable
                    .Range(0, exact.Count)
                    .Average(entry => Math.Abs(run.Estimate[entry] - exact[entry]) <= multiple * run.Error[entry] + 1e-12 ? 1.0 : 0.0)
            );
        Assert.InRange(Covered(2), least, 0.99);
        // Of a normal distribution 68 % lie within one standard error.
        Assert.InRange(Covered(1), leastOfOne, leastOfOne + 0.13);
    }

    [Fact]
    public void A_seed_gives_the_same_numbers_and_another_gives_others()
    {
        var one = Estimate("tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson, 8, 3).Estimate;
        Assert.Equal(one, Estimate("tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson, 8, 3).Estimate);
        Assert.NotEqual(one, Estimate("tanh mlp CrossEntropy 3", "w1", Estimator.Hutchinson, 8, 4).Estimate);
    }

    [Theory]
    [InlineData("tanh mlp CrossEntropy 3", "w1")]
    [InlineData("relu mlp BinaryCrossEntropy 3", "w2")]
    public void The_Fisher_diagonal_over_sampled_targets_is_that_of_Gauss_and_Newton_for_one_output_each(string name, string target)
    {
        var exact = Exact(name, target, Estimator.GgnMonteCarlo);
        var run = new DerivativeRun(
            name,
            new CurvatureRequest
            {
                WithRespectTo = [target],
                Loss = new LossRequest(LossKind.Sum),
                Quantities = [Quantity.FisherDiagonalMonteCarlo],
                Probes = 2000,
            }
        );
        // Binary cross-entropy is a mean over three outputs, so its gradients are a third, and their squares a ninth.
        var scale = name.Contains("Binary", StringComparison.Ordinal) ? 3 : 1;
        var (estimate, error) = (run[Quantity.FisherDiagonalEstimate] * scale, run[Quantity.FisherDiagonalStandardError] * scale);
        for (var entry = 0; entry < exact.Count; entry++)
            Assert.True(
                Math.Abs(estimate[entry] - exact[entry]) <= 5 * error[entry] + 1e-12,
                $"entry {entry}: {estimate[entry]} ± {error[entry]} for {exact[entry]}"
            );
    }

    [Theory]
    [InlineData("tanh mlp CrossEntropy 3", "w1", 12)]
    [InlineData("tanh mlp Mse 3 symbolic", "w2", 9)]
    [InlineData("residual 3", "c1[1]", 16)]
    [InlineData("segmentation 3", "c1", 12)]
    public void XDiag_is_unbiased_and_its_errors_are_of_the_size_that_it_says(string name, string target, int probes)
    {
        var exact = Exact(name, target, Estimator.XDiag);
        var runs = Enumerable.Range(0, 60).Select(seed => Estimate(name, target, Estimator.XDiag, probes, seed)).ToArray();
        for (var entry = 0; entry < exact.Count; entry++)
        {
            var values = runs.Select(run => run.Estimate[entry]).ToArray();
            var mean = values.Average();
            var error = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / values.Length / (values.Length - 1));
            Assert.True(Math.Abs(mean - exact[entry]) <= 5 * error + 1e-9, $"entry {entry}: {mean} ± {error} for {exact[entry]}");
        }
        var off = Math.Sqrt(runs.Average(run => Math.Pow((run.Estimate - exact).L2Norm(), 2)));
        var said = Math.Sqrt(runs.Average(run => Math.Pow(run.Error.L2Norm(), 2)));
        // They share their basis, which makes them somewhat too small.
        Assert.InRange(said / off, 0.75, 1.05);
    }

    [Theory]
    [InlineData("CrossEntropy", Estimator.HesScale)]
    [InlineData("CrossEntropy", Estimator.BeckerLeCun)]
    [InlineData("Mse", Estimator.HesScale)]
    [InlineData("BinaryCrossEntropy", Estimator.BeckerLeCun)]
    public void One_pass_estimates_are_those_of_the_recursion_by_hand(string loss, Estimator estimator)
    {
        foreach (var weight in new[] { "w1", "w2", "b1", "b2" })
        {
            var request = Request(weight, estimator, 2, 0);
            var run = new DerivativeRun($"tanh mlp {loss} 3", request);
            Assert.Equal([$"{weight}.hessian_diagonal_estimate"], run.Plan.Outputs);
            Assert.Contains("biased", run.Plan.Methods[0].Reason, StringComparison.Ordinal);
            var expected = ByHand(run, loss, estimator == Estimator.HesScale, weight);
            Assert.True(
                (run[Quantity.HessianDiagonalEstimate] - expected).L2Norm() < 1e-10 * expected.L2Norm(),
                $"{weight}: {run[Quantity.HessianDiagonalEstimate]} for {expected}"
            );
        }
    }

    [Theory]
    [InlineData("tanh mlp CrossEntropy 3", "w2")]
    [InlineData("relu mlp Mse 3 symbolic", "b2")]
    [InlineData("cnn 3", "f")]
    [InlineData("residual 3", "f")]
    public void HesScale_is_exact_in_the_last_layer(string name, string target)
    {
        var exact = Exact(name, target, Estimator.HesScale);
        var run = new DerivativeRun(name, Request(target, Estimator.HesScale, 2, 0));
        Assert.True((run[Quantity.HessianDiagonalEstimate] - exact).L2Norm() < 1e-10 * exact.L2Norm());
    }

    [Theory]
    [InlineData("cnn 3 symbolic", "c1")]
    [InlineData("residual 3", "c1[1]")]
    [InlineData("segmentation 3", "c1")]
    public void HesScale_passes_convolutions_and_poolings(string name, string target)
    {
        var run = new DerivativeRun(name, Request(target, Estimator.HesScale, 2, 0));
        Assert.All(run[Quantity.HessianDiagonalEstimate], value => Assert.True(value >= 0 && double.IsFinite(value)), throwIfEmpty: true);
        Assert.True(run[Quantity.HessianDiagonalEstimate].Sum() > 0);
    }

    /// <summary>The recursion for x, tanh(x w1ᵀ + b1), · w2 + b2, in plain loops.</summary>
    private static Vector<double> ByHand(DerivativeRun run, string loss, bool exactOutput, string weight)
    {
        var x = run.Read("x0").Floats;
        var w1 = run.Read("w1").Floats;
        var b1 = run.Read("b1").Floats;
        var w2 = run.Read("w2").Floats;
        var b2 = run.Read("b2").Floats;
        var labels = loss == "CrossEntropy" ? run.Read("labels").Integers : null;
        var targets = loss == "CrossEntropy" ? null : run.Read("target").Floats;
        var hw1 = new double[20];
        var hw2 = new double[15];
        var hb1 = new double[5];
        var hb2 = new double[3];
        for (var n = 0; n < 3; n++)
        {
            var t = Enumerable
                .Range(0, 5)
                .Select(j => Math.Tanh(b1[j] + Enumerable.Range(0, 4).Sum(i => x[n * 4 + i] * w1[j * 4 + i])))
                .ToArray();
            var z = Enumerable.Range(0, 3).Select(c => b2[c] + Enumerable.Range(0, 5).Sum(j => t[j] * w2[j * 3 + c])).ToArray();
            var (g, h) = (new double[3], new double[3]);
            for (var c = 0; c < 3; c++)
            {
                var p = loss == "CrossEntropy" ? Math.Exp(z[c]) / z.Sum(Math.Exp) : 1 / (1 + Math.Exp(-z[c]));
                (g[c], h[c]) = loss switch
                {
                    "CrossEntropy" => ((p - (labels![n] == c ? 1 : 0)) / 3, exactOutput || labels[n] == c ? p * (1 - p) / 3 : 0),
                    "Mse" => (2 * (z[c] - targets![n * 3 + c]) / 9, 2.0 / 9),
                    _ => ((p - targets![n * 3 + c]) / 9, p * (1 - p) / 9),
                };
                hb2[c] += h[c];
                for (var j = 0; j < 5; j++)
                    hw2[j * 3 + c] += t[j] * t[j] * h[c];
            }
            for (var j = 0; j < 5; j++)
            {
                var (slope, ht, gt) = (
                    1 - t[j] * t[j],
                    Enumerable.Range(0, 3).Sum(c => w2[j * 3 + c] * w2[j * 3 + c] * h[c]),
                    Enumerable.Range(0, 3).Sum(c => w2[j * 3 + c] * g[c])
                );
                var ha = slope * slope * ht - 2 * t[j] * slope * gt;
                hb1[j] += ha;
                for (var i = 0; i < 4; i++)
                    hw1[j * 4 + i] += x[n * 4 + i] * x[n * 4 + i] * ha;
            }
        }
        return Vector<double>.Build.DenseOfArray(
            weight switch
            {
                "w1" => hw1,
                "w2" => hw2,
                "b1" => hb1,
                _ => hb2,
            }
        );
    }

    [Theory]
    [InlineData("relu mlp CrossEntropy 3", "w1", Quantity.HessianDiagonal, 2)]
    [InlineData("cnn 3 symbolic", "c2", Quantity.HessianDiagonal, 1)]
    [InlineData("tanh mlp CrossEntropy 3", "w1", Quantity.GgnDiagonal, 1)]
    [InlineData("residual 3", "c1[1]", Quantity.GgnDiagonal, 2)]
    [InlineData("vgg relu 2", "c2", Quantity.HessianDiagonal, 2)]
    [InlineData("vgg gelu 2", "c1", Quantity.GgnDiagonal, 3)]
    public void Fewer_classes_give_a_lower_bound_and_with_the_sampled_remainder_an_unbiased_estimate(
        string name,
        string target,
        Quantity quantity,
        int kept
    )
    {
        var exact = new DerivativeRun(name, target, quantity)[quantity];
        var request = new CurvatureRequest
        {
            WithRespectTo = [target],
            Loss = new LossRequest(LossKind.Sum),
            Quantities = [quantity],
            Tolerance = 0.5,
            KeptClasses = kept,
            Probes = 1500,
            Seed = 1,
        };
        var run = new DerivativeRun(name, request);
        ImmutableArray<Quantity> results = [.. request.ResultsOf(quantity)];
        var (bound, estimate, error) = (run[results[0]], run[results[1]], run[results[2]]);
        for (var entry = 0; entry < exact.Count; entry++)
        {
            Assert.True(bound[entry] <= exact[entry] + 1e-12, $"entry {entry}: {bound[entry]} for {exact[entry]}");
            Assert.True(
                Math.Abs(estimate[entry] - exact[entry]) <= 5 * error[entry] + 1e-12,
                $"entry {entry}: {estimate[entry]} ± {error[entry]} for {exact[entry]}"
            );
        }
        Assert.True(bound.Sum() < 0.999 * exact.Sum());
    }

    [Fact]
    public void Estimates_are_named_as_such_and_say_so()
    {
        var plan = new DerivativeRun("tanh mlp CrossEntropy 3", Request("w1", Estimator.Hutchinson, 8, 0)).Plan;
        Assert.Equal(["w1.hessian_diagonal_estimate", "w1.hessian_diagonal_standard_error"], plan.Outputs);
        Assert.All(plan.Methods, method => Assert.Contains("estimate", method.Reason, StringComparison.Ordinal), throwIfEmpty: true);
    }

    [Fact]
    public void An_estimator_of_what_is_not_asked_for_is_refused()
    {
        var refusal = Assert.Throws<UserErrorException>(() =>
            new DerivativeRun("tanh mlp CrossEntropy 3", Request("w1", Estimator.Hutchinson, 8, 0) with { Quantities = [Quantity.Loss] })
        );
        Assert.Equal("--method hutchinson estimates the hessian-diagonal, which is not asked for; add it to --quantity.", refusal.Message);
    }

    private static CurvatureRequest Request(string target, Estimator estimator, int probes, int seed) =>
        new()
        {
            WithRespectTo = [target],
            Loss = new LossRequest(LossKind.Sum),
            Quantities = [estimator.Estimated()],
            Estimator = estimator,
            Probes = probes,
            Seed = seed,
        };

    private static Vector<double> Exact(string name, string target, Estimator estimator) =>
        new DerivativeRun(name, target, estimator.Estimated())[estimator.Estimated()];

    private static (Vector<double> Estimate, Vector<double> Error) Estimate(
        string name,
        string target,
        Estimator estimator,
        int probes,
        int seed
    )
    {
        var request = Request(target, estimator, probes, seed);
        var run = new DerivativeRun(name, request);
        ImmutableArray<Quantity> results = [.. request.ResultsOf(estimator.Estimated())];
        return (run[results[0]], run[results[1]]);
    }
}
