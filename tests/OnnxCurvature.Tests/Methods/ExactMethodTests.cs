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
    [InlineData("relu mlp CrossEntropy 3", "loss factor")]
    [InlineData("tanh mlp CrossEntropy 3", "Hessian-vector products")]
    [InlineData("cnn 3 symbolic", "loss factor")]
    [InlineData("shared weight 3", "loss factor")]
    [InlineData("residual 3 symbolic", "loss factor")]
    public void The_first_weight_is_done_by_the_cheapest_proven_method(string name, string method)
    {
        var problem = ProblemTable.All().Single(candidate => candidate.Name == name);
        var request = new CurvatureRequest { WithRespectTo = [problem.Weights[0].Name!], Loss = new LossRequest(problem.Loss) };
        var plan = new Planner(problem.Graph(), request, new PlanLimits { Dimensions = PlanLimitsOf(problem) }).Plan();
        Assert.Equal(method, plan.Methods[0].Method);
    }

    private static System.Collections.Immutable.ImmutableDictionary<string, long> PlanLimitsOf(Problem problem) =>
        System.Collections.Immutable.ImmutableDictionary<string, long>.Empty.Add("N", problem.Samples);

    private static double Error(Tensor computed, Vector<double> reference) =>
        (Vector<double>.Build.DenseOfArray(computed.Floats) - reference).L2Norm() / reference.L2Norm();
}
