using System.Collections.Immutable;
using OnnxCurvature.Ir;
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
        var graph = Vgg16(folder);
        var (part, budget) = (PartOf(graph), new MemoryBudget(new MemoryBound(3L << 30, null), severalBatches: false));
        var plan = budget.Plan(chunk => new Planner(graph, Request, Limits with { MemoryBytes = chunk }).Plan());
        var costs = new CostModel(Limits);
        var times = ScheduleTime.Of(plan.Program, costs, costs, Cores, atOnce: 1);
        var seconds = times.Start + times.Run;
        var time = new CheckTime((seconds, seconds), taken: seconds, spent: 0);
        Assert.True(time.IsBound);
        var bound = new CheckBudget(costs, Cores, ExecutionProvider.Cpu, (seconds, seconds), null, 0, double.PositiveInfinity);
        var allowance = bound.For(part, time.Left, time, variations: 0);
        Assert.Null(allowance.Reason);
        Assert.InRange(Math.Min(allowance.Directions, allowance.Most), RunCheck.Entries, int.MaxValue);
    }

    /// <summary>Programs of a large model take long to make, which is time of the check, too.</summary>
    [Fact]
    public void Directions_that_there_is_no_time_for_are_not_priced_in_smaller_numbers()
    {
        using var folder = new TemporaryFolder();
        var programs = 0;
        double Peak(Ir.Program program)
        {
            programs++;
            return 0;
        }
        // The preparation took all that a run of three seconds has for its check.
        var time = new CheckTime((3, 3), taken: 3, spent: 0.75);
        var memory = new CheckMemory(Peak, Peak);
        var budget = new CheckBudget(new CostModel(Limits), Cores, ExecutionProvider.Cpu, (3, 3), memory, 0, double.PositiveInfinity);
        var allowance = budget.For(PartOf(Vgg16(folder)), time.Left, time, variations: 0);
        Assert.Equal(0, allowance.Directions);
        Assert.Contains("one direction takes about", allowance.Reason, StringComparison.Ordinal);
        Assert.Equal(1, programs);
    }

    private static ImmutableDictionary<string, long> Dimensions { get; } = ImmutableDictionary<string, long>.Empty.Add("N", 1);

    private static PlanLimits Limits { get; } = new() { Dimensions = Dimensions };

    private static CurvatureRequest Request { get; } =
        new()
        {
            WithRespectTo = ["conv4_3.weight"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.HessianDiagonal],
        };

    private static ModelGraph Vgg16(TemporaryFolder folder) =>
        OnnxModel.Load(FullSizeVgg16.Save(folder), new LoadOptions { Dims = Dimensions, Oracle = new OrtShapeOracle() }).Graph;

    private static CheckPart PartOf(ModelGraph graph)
    {
        var head = LossBuilder.Build(graph, Request.Loss, Request.Reduction);
        var target = Target.Resolve(graph, Request.WithRespectTo).Single();
        var result = new CheckedResult(target, Quantity.HessianDiagonal, new SampleProof(graph, head).Of(target.Value), SampleLayout.None);
        return new CheckPart(new DirectionalDerivatives(graph, head, [target.Value], result.Needs), [result]);
    }
}
