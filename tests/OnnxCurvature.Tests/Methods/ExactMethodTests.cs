using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops.Rules;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Every problem and weight: the planned program against differences of the loss.</summary>
public sealed class ExactMethodTests
{
    public static TheoryData<string> Names => [.. ProblemTable.All().Select(problem => problem.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_gives_the_gradient_and_the_exact_diagonal(string name)
    {
        foreach (var weight in ProblemTable.All().Single(problem => problem.Name == name).Weights.Select(value => value.Name!))
        {
            var problem = ProblemTable.All().Single(candidate => candidate.Name == name);
            var request = new CurvatureRequest { WithRespectTo = [weight], Loss = new LossRequest(problem.Loss) };
            var graph = problem.Graph();
            var plan = new Planner(graph, request, new PlanLimits { MemoryBytes = 100_000, Dimensions = PlanLimitsOf(problem) }).Plan();
            var data = problem.Data(plan.Loss.Target);
            var outputs = Interpreter.Run(plan.Program, data);

            var (gradient, diagonal) = new DenseOracle(plan.Loss.Loss, graph.Values[weight], data).Derivatives();
            Assert.True(Error(outputs[1], gradient) < 1e-8, $"gradient of {weight}: {Error(outputs[1], gradient)}");
            Assert.True(Error(outputs[2], diagonal) < 1e-5, $"diagonal of {weight} by {plan.Methods[0].Method}: {Error(outputs[2], diagonal)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_of_a_weight_are_those_of_the_whole(string name)
    {
        var names = ProblemTable.All().Single(problem => problem.Name == name).Weights.Where(value => value.Type.Rank > 1).Select(value => value.Name!);
        foreach (var weight in names)
        {
            var problem = ProblemTable.All().Single(candidate => candidate.Name == name);
            var request = new CurvatureRequest { WithRespectTo = [weight, $"{weight}[1]", $"{weight}[0:2]"], Loss = new LossRequest(problem.Loss), Quantities = [Quantity.HessianDiagonal, Quantity.GgnDiagonal] };
            var plan = new Planner(problem.Graph(), request, new PlanLimits { Dimensions = PlanLimitsOf(problem) }).Plan();
            var outputs = Interpreter.Run(plan.Program, problem.Data(plan.Loss.Target));
            for (var quantity = 0; quantity < 2; quantity++)
            {
                var whole = outputs[quantity].Floats;
                var row = whole.Length / (int)outputs[quantity].Shape[0];
                Assert.True(Error(outputs[2 + quantity], Vector<double>.Build.DenseOfArray(whole[row..(2 * row)])) < 1e-10, $"{weight}[1]");
                Assert.True(Error(outputs[4 + quantity], Vector<double>.Build.DenseOfArray(whole[..(2 * row)])) < 1e-10, $"{weight}[0:2]");
            }
        }
    }

    [Fact]
    public void A_single_feature_map_is_done_forward_when_that_needs_fewer_columns()
    {
        var problem = ProblemTable.All().Single(candidate => candidate.Name == "segmentation 3");
        var request = new CurvatureRequest { WithRespectTo = ["c2[1]"], Loss = new LossRequest(problem.Loss) };
        var plan = new Planner(problem.Graph(), request, new PlanLimits()).Plan();
        Assert.Equal("loss factor, forward", plan.Methods[0].Method);
        Assert.Equal(9, plan.Methods[0].Columns);
    }

    [Theory]
    [InlineData("relu mlp CrossEntropy 3", "loss factor")]
    [InlineData("tanh mlp CrossEntropy 3", "loss factor, and sources")]
    [InlineData("cnn 3 symbolic", "loss factor")]
    [InlineData("shared weight 3", "loss factor")]
    [InlineData("residual 3 symbolic", "loss factor")]
    [InlineData("own loss of logarithms mean weighted ignoring", "loss factor, forward")]
    [InlineData("own loss of logits none", "loss factor, forward")]
    public void The_first_weight_is_done_by_the_cheapest_proven_method(string name, string method)
    {
        var problem = ProblemTable.All().Single(candidate => candidate.Name == name);
        var request = new CurvatureRequest { WithRespectTo = [problem.Weights[0].Name!], Loss = new LossRequest(problem.Loss) };
        var plan = new Planner(problem.Graph(), request, new PlanLimits { Dimensions = PlanLimitsOf(problem) }).Plan();
        Assert.Equal(method, plan.Methods[0].Method);
    }

    private static System.Collections.Immutable.ImmutableDictionary<string, long> PlanLimitsOf(Problem problem) =>
        System.Collections.Immutable.ImmutableDictionary<string, long>.Empty.Add("N", problem.Samples);

    /// <summary>‖computed − reference‖ / ‖reference‖; zero for two vectors of zeros.</summary>
    private static double Error(Tensor computed, Vector<double> reference) =>
        (Vector<double>.Build.DenseOfArray(computed.Floats) - reference).L2Norm() is var difference and > 0 ? difference / reference.L2Norm() : 0;
}
