using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Checking;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.RandomGraphs;

/// <summary>Random graphs, compiled and run in all ways, and what finds faults in them.</summary>
[Trait("Category", "Slow")]
public sealed class CampaignTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Results_of_random_graphs_are_those_of_dense_derivatives(int part)
    {
        const int Graphs = 50;
        var output = new StringWriter();
        var campaign = new Campaign(output, null);
        campaign.Run(part * 1_000_000, Graphs, 1, TestContext.Current.CancellationToken);
        Assert.True(campaign.Statistics.Faults == 0, output.ToString());
        // So that neither refusals nor graphs that say nothing can hide what does not work.
        Assert.True(campaign.Statistics.Checked >= Graphs * 2 / 3, output.ToString());
        Assert.True(campaign.Statistics.Right >= 8 * campaign.Statistics.Refused, output.ToString());
    }

    [Fact]
    public void A_planted_fault_is_found_and_made_small()
    {
        using var folder = new TemporaryFolder();
        // Each result is compared with that of a graph in which one number of a tensor is another.
        var checker = new ProblemChecker(folder.File("problems")) { Expected = Changed };
        for (var seed = 1L; seed < 100; seed++)
        {
            var choices = Choices.Sampled(seed);
            if (
                ProblemGenerator.Make(choices, (ulong)seed) is not { } problem
                || checker
                    .Check(problem)
                    .Outcomes.FirstOrDefault(outcome => outcome is { Kind: OutcomeKind.Wrong, Quantity: Quantity.Loss })
                    is not { } fault
            )
                continue;
            var shrinker = new Shrinker(checker, (ulong)seed);
            var small = shrinker.Replay(shrinker.Shrink(choices.Taken, fault));
            Assert.Contains(small.Verdict!.Outcomes, outcome => outcome.Key == fault.Key);
            Assert.InRange(small.Problem!.Graph.Nodes.Length, 0, 2);
            var finding = new Finding(seed, small.Taken, small.Problem, fault);
            finding.Write(folder.File("finding"));
            Assert.True(File.Exists(folder.File("finding/model.onnx")) && File.Exists(folder.File("finding/expected_loss.npy")));
            Assert.Contains("--wrt", File.ReadAllText(folder.File("finding/cmd.txt")), StringComparison.Ordinal);
            return;
        }
        Assert.Fail("No fault was found.");
    }

    [Fact]
    public void The_same_seed_and_the_same_choices_make_the_same_problem()
    {
        for (var seed = 1L; seed < 50; seed++)
        {
            var choices = Choices.Sampled(seed);
            var problem = ProblemGenerator.Make(choices, (ulong)seed);
            var again = ProblemGenerator.Make(Choices.Of(choices.Taken), (ulong)seed);
            Assert.Equal(problem?.Graph.Nodes.Select(node => node.ToString()), again?.Graph.Nodes.Select(node => node.ToString()));
            Assert.Equal(problem?.TargetName, again?.TargetName);
        }
    }

    private static Problem Changed(Problem problem)
    {
        var changed = problem.Graph.Inputs.First();
        return changed.Floats is not { } floats
            ? problem
            : problem with
            {
                Graph = problem.Graph with
                {
                    Inputs = problem.Graph.Inputs.Replace(changed, changed with { Floats = [floats[0] + 1, .. floats[1..]] }),
                },
            };
    }
}
