using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Schedules;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Plans that keep a process within a bound.</summary>
public sealed class MemoryBudgetTests
{
    [Theory]
    [InlineData("plain cnn 2", "c2")]
    [InlineData("silu resnet block Mse 2", "c1")]
    [InlineData("segmentation 3", "c1")]
    public void A_smaller_bound_gives_smaller_chunks_and_the_same_result(string name, string weight)
    {
        var problem = ProblemTable.Find(name);
        var graph = problem.Graph();
        var free = new MemoryBudget(new MemoryBound(long.MaxValue, null), severalBatches: false);
        var whole = Plan(long.MaxValue);
        var expected = Interpreter.Run(whole.Program, problem.Data(whole.Loss.Target))[0].Floats;
        var single = Plan(1);
        var (most, least) = (free.PeakBytes(whole.Program, whole.MemoryBytes, 0), free.PeakBytes(single.Program, single.MemoryBytes, 0));
        Assert.True(least < most);
        foreach (var share in new[] { 0.2, 0.5, 0.8 })
        {
            var values = least + share * (most - least);
            var bound = (long)(values + MemoryBudget.OfNodes(whole.Program));
            var plan = new MemoryBudget(new MemoryBound(bound, null), severalBatches: false).Plan(Plan);
            Assert.True(free.PeakBytes(plan.Program, plan.MemoryBytes, 0) <= values);
            Assert.True(plan.Methods[0].ChunkSize < whole.Methods[0].ChunkSize);
            var diagonal = Interpreter.Run(plan.Program, problem.Data(plan.Loss.Target))[0].Floats;
            var size = Math.Sqrt(expected.Sum(entry => entry * entry));
            Assert.True(Math.Sqrt(expected.Zip(diagonal, (a, b) => (a - b) * (a - b)).Sum()) < 1e-12 * size);
        }
        var message = Assert
            .ThrowsAny<UserErrorException>(() => new MemoryBudget(new MemoryBound((long)least - 1, null), severalBatches: false).Plan(Plan))
            .Message;
        Assert.StartsWith("No plan of the run takes less than about ", message, StringComparison.Ordinal);
        // Where single directions take more than all at once, the least is what all take.
        var tight = new MemoryBudget(new MemoryBound((long)least - 1, null), severalBatches: false) { TakesLeast = true };
        Assert.Equal(single.MemoryBytes, tight.Plan(chunk => chunk == 1 ? whole : single).MemoryBytes);

        CurvaturePlan Plan(long chunk) =>
            new Planner(
                graph,
                new CurvatureRequest
                {
                    WithRespectTo = [weight],
                    Loss = new LossRequest(problem.Loss),
                    Quantities = [Quantity.HessianDiagonal],
                },
                new PlanLimits { MemoryBytes = chunk }
            ).Plan();
    }
}
