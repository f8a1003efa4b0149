using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Rules;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Every problem and weight: the planned program against differences of the loss.</summary>
[Trait("Category", "Slow")]
public sealed class ExactMethodTests
{
    public static TheoryData<string> Names => [.. ProblemTable.Names];

    /// <summary>Tests that go over the weights of a problem would pass where it had none.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_problem_has_a_weight(string name) => Assert.NotEmpty(ProblemTable.Find(name).Weights);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_gives_the_gradient_and_the_exact_diagonal(string name)
    {
        foreach (var weight in ProblemTable.Find(name).Weights.Select(value => value.Name!))
        {
            var problem = ProblemTable.Find(name);
            var request = new CurvatureRequest { WithRespectTo = [weight], Loss = new LossRequest(problem.Loss) };
            var graph = problem.Graph();
            var plan = new Planner(graph, request, new PlanLimits { MemoryBytes = 100_000, Dimensions = PlanLimitsOf(problem) }).Plan();
            var data = problem.Data(plan.Loss.Target);
            var outputs = Interpreter.Run(plan.Program, data);

            var (gradient, diagonal) = new DenseOracle(plan.Loss.Loss, graph.Values[weight], data).Derivatives();
            Assert.True(Error(outputs[1], gradient) < 1e-8, $"gradient of {weight}: {Error(outputs[1], gradient)}");
            // Differences of the loss are rounded by 1e-16 times the loss, over the square of the step.
            var rounding = 1e-8 * Math.Abs(outputs[0].Floats[0]) * Math.Sqrt(diagonal.Count);
            var difference = (Vector<double>.Build.DenseOfArray(outputs[2].Floats) - diagonal).L2Norm();
            Assert.True(
                difference < 1e-5 * diagonal.L2Norm() + rounding,
                $"diagonal of {weight} by {plan.Methods[0].Method}: {Error(outputs[2], diagonal)}"
            );
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void All_ways_that_are_proven_give_the_same_diagonal(string name)
    {
        foreach (var weight in ProblemTable.Find(name).Weights.Select(value => value.Name!))
        foreach (var quantity in Diagonals(name))
        {
            Vector<double>? first = null;
            for (var (way, ways) = (0, 1); way < ways; way++)
            {
                var problem = ProblemTable.Find(name);
                var request = new CurvatureRequest
                {
                    WithRespectTo = [weight],
                    Loss = new LossRequest(problem.Loss),
                    Quantities = [quantity],
                };
                var (chosen, description) = (way, "");
                var plan = new Planner(
                    problem.Graph(),
                    request,
                    new PlanLimits { Dimensions = PlanLimitsOf(problem), Factorized = ElementType.Float64 }
                )
                {
                    Choice = candidates =>
                    {
                        ways = candidates.Count(candidate => candidate.Obstacle is null);
                        description = $"{candidates[chosen].Method.Name()} at {candidates[chosen].Cut.Name}";
                        return candidates[chosen];
                    },
                }.Plan();
                var diagonal = Interpreter.Run(plan.Program, problem.Data(plan.Loss.Target))[0];
                first ??= Vector<double>.Build.DenseOfArray(diagonal.Floats);
                Assert.True(Error(diagonal, first) < 1e-10, $"{weight} by {description}: {Error(diagonal, first)}");
            }
        }
    }

    // The Gauss–Newton matrix is that of a loss with a factor.
    private static ImmutableArray<Quantity> Diagonals(string name) =>
        name.StartsWith("regularized", StringComparison.Ordinal)
        || name.StartsWith("batch statistics", StringComparison.Ordinal)
        || name.StartsWith("tied", StringComparison.Ordinal)
        || name.StartsWith("two heads", StringComparison.Ordinal)
            ? [Quantity.HessianDiagonal]
            : [Quantity.HessianDiagonal, Quantity.GgnDiagonal];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_of_a_weight_are_those_of_the_whole(string name)
    {
        var names = ProblemTable
            .Find(name)
            .Weights.Where(value => value.Type.Rank > 1 && value.Type.Shape[0] != 1)
            .Select(value => value.Name!);
        var quantities = Diagonals(name);
        foreach (var weight in names)
        {
            var problem = ProblemTable.Find(name);
            var request = new CurvatureRequest
            {
                WithRespectTo = [weight, $"{weight}[1]", $"{weight}[0:2]"],
                Loss = new LossRequest(problem.Loss),
                Quantities = quantities,
            };
            var plan = new Planner(problem.Graph(), request, new PlanLimits { Dimensions = PlanLimitsOf(problem) }).Plan();
            var outputs = Interpreter.Run(plan.Program, problem.Data(plan.Loss.Target));
            for (var quantity = 0; quantity < quantities.Length; quantity++)
            {
                var whole = outputs[quantity].Floats;
                var row = whole.Length / (int)outputs[quantity].Shape[0];
                Assert.True(
                    Error(outputs[quantities.Length + quantity], Vector<double>.Build.DenseOfArray(whole[row..(2 * row)])) < 1e-10,
                    $"{weight}[1]"
                );
                Assert.True(
                    Error(outputs[2 * quantities.Length + quantity], Vector<double>.Build.DenseOfArray(whole[..(2 * row)])) < 1e-10,
                    $"{weight}[0:2]"
                );
            }
        }
    }

    [Fact]
    public void A_single_feature_map_is_done_forward_when_that_needs_fewer_directions()
    {
        var problem = ProblemTable.Find("segmentation 3");
        var request = new CurvatureRequest { WithRespectTo = ["c1[1]"], Loss = new LossRequest(problem.Loss) };
        var plan = new Planner(problem.Graph(), request, new PlanLimits()).Plan();
        Assert.Equal("square root of the output Hessian, forward", plan.Methods[0].Method);
        Assert.Equal(9, plan.Methods[0].Directions);
    }

    [Theory]
    [InlineData("relu mlp CrossEntropy 3", "square root of the output Hessian")]
    [InlineData("tanh mlp CrossEntropy 3", "square root of the output Hessian, and sources")]
    [InlineData("cnn 3 symbolic", "square root of the output Hessian")]
    [InlineData("shared weight 3", "square root of the output Hessian")]
    [InlineData("siamese 2", "Hessian-vector products at a cut")]
    [InlineData("two heads 2", "Hessian-vector products at a cut")]
    [InlineData("batch statistics 2", "Hessian-vector products at a cut of coupled samples")]
    [InlineData("gated 2", "square root of the output Hessian, and sources")]
    [InlineData("residual 3 symbolic", "square root of the output Hessian")]
    [InlineData("own loss of logarithms mean weighted ignoring", "square root of the output Hessian, forward")]
    [InlineData("own loss of logits none", "square root of the output Hessian, forward")]
    public void The_first_weight_is_done_by_the_cheapest_proven_method(string name, string method)
    {
        var problem = ProblemTable.Find(name);
        var request = new CurvatureRequest { WithRespectTo = [problem.Weights[0].Name!], Loss = new LossRequest(problem.Loss) };
        var plan = new Planner(problem.Graph(), request, new PlanLimits { Dimensions = PlanLimitsOf(problem) }).Plan();
        Assert.Equal(method, plan.Methods[0].Method);
    }

    [Theory]
    [InlineData("heads on the axis of samples 3")]
    [InlineData("heads on the axis of samples 3 symbolic")]
    [InlineData("steps before samples 3")]
    [InlineData("steps before samples 3 symbolic")]
    [InlineData("samples within features 3")]
    [InlineData("samples within features 3 symbolic")]
    [InlineData("rows of all samples 3 symbolic")]
    public void Samples_that_share_an_axis_with_something_else_share_directions(string name)
    {
        Assert.All(
            MethodsOf(name, [Quantity.GgnDiagonal]),
            method =>
            {
                Assert.Equal(3, method.Directions);
                Assert.DoesNotContain("coupled", method.Method, StringComparison.Ordinal);
            },
            throwIfEmpty: true
        );
        Assert.All(
            MethodsOf(name, [Quantity.HessianDiagonal]),
            method => Assert.DoesNotContain("coupled", method.Method, StringComparison.Ordinal),
            throwIfEmpty: true
        );
        // Without products at the weight itself, which are right in any case, some way is proven.
        Assert.All(
            MethodsOf(
                name,
                [Quantity.HessianDiagonal],
                candidates =>
                    candidates.FirstOrDefault(candidate => candidate is { Obstacle: null, IsJoint: false, Cut.Before: > 0 })
                    ?? candidates[0]
            ),
            method => Assert.NotEqual("Hessian-vector products", method.Method),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("product")]
    [InlineData("sum")]
    [InlineData("regrouped")]
    [InlineData("one")]
    public void Samples_that_are_coupled_along_an_axis_that_they_share_are_not_taken_for_separate(string coupling) =>
        Assert.Equal(
            "square root of the output Hessian of coupled samples",
            MethodsOf($"coupled on the axis of samples and heads by {coupling} 3", [Quantity.GgnDiagonal])[0].Method
        );

    [Fact]
    public void An_input_of_any_number_of_samples_takes_products_for_all_samples_at_once()
    {
        // Products for each entry of every sample look as cheap while the number of samples is not known, and cannot be counted.
        var problem = new Problem("narrow input", 3, true) { Loss = LossKind.Mse };
        var x = problem.Input(2);
        problem.Output = problem.Apply<MatMul>(
            problem.Apply<Tanh>(problem.Apply<MatMul>(x, problem.Weight("w1", 0.7, 2, 6))),
            problem.Weight("w2", 0.7, 6, 5)
        );
        var request = new CurvatureRequest
        {
            WithRespectTo = [x.Name!],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        var plan = new Planner(problem.Graph(), request, new PlanLimits()).Plan();
        Assert.Equal("Hessian-vector products at a cut", plan.Methods[0].Method);
        var data = problem.Data(plan.Loss.Target);
        var (_, diagonal) = new DenseOracle(plan.Loss.Loss, x, data).Derivatives();
        Assert.True(Error(Interpreter.Run(plan.Program, data)[0], diagonal) < 1e-5);
    }

    /// <summary>How the quantities of all weights of a problem are done.</summary>
    private static ImmutableArray<WeightPlan> MethodsOf(
        string name,
        ImmutableArray<Quantity> quantities,
        Func<IReadOnlyList<Candidate>, Candidate>? choice = null
    )
    {
        var problem = ProblemTable.Find(name);
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. problem.Weights.Select(weight => weight.Name!)],
            Loss = new LossRequest(problem.Loss),
            Quantities = quantities,
        };
        return new Planner(problem.Graph(), request, new PlanLimits()) { Choice = choice ?? (candidates => candidates[0]) }
            .Plan()
            .Methods;
    }

    private static ImmutableDictionary<string, long> PlanLimitsOf(Problem problem) =>
        ImmutableDictionary<string, long>.Empty.Add("N", problem.Samples);

    /// <summary>‖computed − reference‖ / ‖reference‖; zero for two vectors of zeros.</summary>
    private static double Error(Tensor computed, Vector<double> reference) =>
        (Vector<double>.Build.DenseOfArray(computed.Floats) - reference).L2Norm() is var difference and > 0
            ? difference / reference.L2Norm()
            : 0;
}
