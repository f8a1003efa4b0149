using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Laws;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>The figures of plans, against those counted from the files that are written.</summary>
[Trait("Category", "Slow")]
public sealed class PlanFigureTests
{
    /// <summary>
    /// The least and the greatest ratio of the figure by which a way is weighed, which is there before anything is built, to the operations
    /// of its plan. Ways of few operations may be further off, such as products of small weights with directions that are constants; a list
    /// holds how far each of them is.
    /// </summary>
    private const double Least = 0.39,
        Most = 2.5;

    private static readonly ApprovedList Rougher = new("rough-figures.txt", parts: 1);

    public static TheoryData<string> Names => [.. ProblemTable.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_proven_way_takes_what_its_plan_says_and_the_one_that_is_taken_no_more_than_others(string name)
    {
        foreach (var weight in ProblemTable.Find(name).Weights.Select(value => value.Name!))
        {
            double? first = null;
            for (var (way, ways) = (0, 1); way < ways; way++)
            {
                var problem = ProblemTable.Find(name);
                var request = new CurvatureRequest { WithRespectTo = [weight], Loss = new LossRequest(problem.Loss) };
                var (chosen, expected, description) = (way, 0.0, "");
                var limits = new PlanLimits
                {
                    MemoryBytes = 100_000,
                    Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", problem.Samples),
                };
                var plan = new Planner(problem.Graph(), request, limits)
                {
                    Choice = candidates =>
                    {
                        ways = candidates.Count(candidate => candidate.Obstacle is null);
                        (expected, description) = (
                            candidates[chosen].Flops,
                            $"{weight}, way {chosen + 1}, by {candidates[chosen].Method.Name()} at {candidates[chosen].Cut.Name}"
                        );
                        return candidates[chosen];
                    },
                }.Plan();
                var data = problem.Data(plan.Loss.Target);
                Check(
                    plan,
                    limits,
                    plan.Program.Parameters.ToDictionary(
                        input => input.Name!,
                        input => RuntimeProgram.Feed(data[input].CastTo(input.Type.Element))
                    ),
                    description
                );
                var taken = plan.Methods[0].Flops;
                first ??= taken;
                if (taken == 0)
                    continue;
                var ratio = expected / taken;
                Rougher.Check(
                    $"{name}: {description}",
                    ratio is > Least and < Most ? null : ratio.ToString("F2", CultureInfo.InvariantCulture)
                );
                Assert.True(first <= 1.5 * taken, $"{description}: {taken}, and the way that is taken {first}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(ReferenceTable.Rows), MemberType = typeof(ReferenceTable))]
    public void Models_of_references_take_what_their_plan_says(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        var data = entry.Data();
        var graph = OnnxModel.Load(entry.ModelPath, new LoadOptions { Oracle = new OrtShapeOracle() }).Graph;
        var sizes = graph
            .Inputs.SelectMany(input => input.Type.Shape.Zip(data[input.Name!].Shape))
            .Where(pair => pair.First.Known is null)
            .GroupBy(pair => pair.First.Symbols[0].Name)
            .ToImmutableDictionary(group => group.Key, group => group.First().Second);
        var limits = new PlanLimits { Dimensions = sizes };
        var plan = new Planner(graph, entry.Request, limits).Plan();
        var inputs = plan.Program.Parameters.ToDictionary(
            input => input.Name!,
            input => RuntimeProgram.Feed(TensorOf(data[input.Name!], input.Type.Element))
        );
        Check(plan, limits, inputs, weight);
    }

    [Fact]
    public void Work_that_several_targets_share_counts_once()
    {
        double Of(params ImmutableArray<string> targets)
        {
            var problem = ProblemTable.Find("cnn 3");
            var request = new CurvatureRequest
            {
                WithRespectTo = targets,
                Loss = new LossRequest(problem.Loss),
                Quantities = [Quantity.HessianDiagonal, Quantity.GgnDiagonal],
            };
            var plan = new Planner(problem.Graph(), request, new PlanLimits()).Plan();
            Assert.Equal(plan.Flops, plan.Methods.Sum(method => method.Flops), 1e-6 * plan.Flops);
            return plan.Flops;
        }

        Assert.InRange(Of("c1", "c2") / (Of("c1") + Of("c2")), 0.86, 0.88);
    }

    private static Tensor TensorOf(NpyArray array, ElementType element) =>
        element == ElementType.Int64
            ? Tensor.Of(element, array.Shape, array.ToInt64s())
            : Tensor.Of(array.Shape, array.ToDoubles()).CastTo(element);

    private static void Check(
        CurvaturePlan plan,
        PlanLimits limits,
        Dictionary<string, Microsoft.ML.OnnxRuntime.OrtValue> inputs,
        string description
    )
    {
        var file = OnnxWriter.Serialize(plan.Program, Path.GetTempPath(), new WriteOptions { Weights = WeightPlacement.Embed });
        var counted = new EmittedWork(file, inputs);
        foreach (var input in inputs.Values)
            input.Dispose();
        Assert.True(
            plan.Flops / counted.Flops is > 0.5 and < 2,
            $"{description}: {plan.Flops} floating-point operations for {counted.Flops}"
        );
        Assert.True(counted.PeakBytes <= plan.MemoryBytes, $"{description}: {plan.MemoryBytes} bytes for {counted.PeakBytes}");
        var most = Math.Max(1.5 * counted.PeakBytes, counted.PeakBytesWithBlocks);
        Assert.True(plan.MemoryBytes < most, $"{description}: {plan.MemoryBytes} bytes, and no more than {most}");
        Assert.True(new CostModel(limits).BytesAtMost(plan.Program) >= plan.MemoryBytes, description);
    }
}
