using System.Collections.Immutable;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Runtimes;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>How many entries the check of a run takes, by its price on the machine that is built in.</summary>
public sealed class CheckBudgetTests
{
    private const int Cores = 2;

    /// <summary>
    /// A direction reads all weights of VGG16 after conv4_3, and is paid by a twentieth of a run of seconds: four of them are, as the
    /// tool promises.
    /// </summary>
    [Fact]
    public void Four_entries_of_a_diagonal_of_VGG16_are_checked_within_the_share_of_the_run()
    {
        using var folder = new TemporaryFolder();
        var dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 1);
        var graph = OnnxModel
            .Load(FullSizeVgg16.Save(folder), new LoadOptions { Dims = dimensions, Oracle = new OrtShapeOracle() })
            .Graph;
        var request = new CurvatureRequest
        {
            WithRespectTo = ["conv4_3.weight"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.HessianDiagonal],
        };
        var head = LossBuilder.Build(graph, request.Loss, request.Reduction);
        var target = Target.Resolve(graph, request.WithRespectTo).Single();
        var proof = new SampleProof(graph, head);
        var result = new CheckedResult(target, Quantity.HessianDiagonal, proof.Of(target.Value), SampleLayout.None);
        var part = new CheckPart(new DirectionalDerivatives(graph, head, [target.Value], result.Needs), [result]);
        var budget = new MemoryBudget(new MemoryBound(3L << 30, null), severalBatches: false);
        var limits = new PlanLimits { Dimensions = dimensions };
        var plan = budget.Plan(chunk => new Planner(graph, request, limits with { MemoryBytes = chunk }).Plan());
        var costs = new CostModel(limits);
        var times = ScheduleTime.Of(plan.Program, costs, costs, Cores, atOnce: 1);
        var seconds = times.Start + times.Run;
        var time = new CheckTime((seconds, seconds), taken: seconds, spent: 0);
        Assert.True(time.IsBound);
        var bound = new CheckBudget(costs, Cores, ExecutionProvider.Cpu, (seconds, seconds), null, 0, double.PositiveInfinity);
        var allowance = bound.For(part, time.Left, time, variations: 0);
        Assert.Null(allowance.Reason);
        Assert.InRange(Math.Min(allowance.Directions, allowance.Most), RunCheck.Entries, int.MaxValue);
    }
}
