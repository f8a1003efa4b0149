using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Planning;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Ways of several targets that share a backward sweep.</summary>
public sealed class SharedSweepTests
{
    private static readonly GraphBuilder Builder = new();
    private static readonly Cut AtTarget = CutAt();
    private static readonly Cut AtFirst = CutAt();
    private static readonly Cut AtSecond = CutAt();

    [Fact]
    public void A_sweep_that_is_made_anyway_serves_a_target_that_would_be_cheaper_alone()
    {
        var dear = Candidates(Own(12), Shared(AtFirst, 9, 1));
        var cheap = Candidates(Own(6), Shared(AtFirst, 9, 1));

        var ordered = SharedSweeps.Order([dear, cheap]);

        Assert.All(ordered, candidates => Assert.Equal(AtFirst, candidates[0].Cut));
        Assert.False(ordered[0][0].IsForOthers);
        Assert.True(ordered[1][0].IsForOthers);
        Assert.Equal(2, ordered[1].Length);
    }

    [Fact]
    public void Work_added_for_a_farther_target_counts()
    {
        var near = Candidates(Shared(AtFirst, 5, 1), Own(20));
        var far = Candidates(Own(6), Shared(AtFirst, 12, 1));

        var ordered = SharedSweeps.Order([near, far]);

        // 7 operations farther and 1 of its own are more than 6.
        Assert.Equal(AtTarget, ordered[1][0].Cut);
    }

    [Fact]
    public void Targets_that_are_each_cheaper_alone_share_a_sweep_where_that_is_cheaper_for_all()
    {
        var one = Candidates(Own(6), Shared(AtSecond, 20, 1), Shared(AtFirst, 9, 1));

        var ordered = SharedSweeps.Order([one, one, one]);

        Assert.All(ordered, candidates => Assert.Equal(AtFirst, candidates[0].Cut));
        Assert.All(SharedSweeps.Order([one]), candidates => Assert.Equal(AtTarget, candidates[0].Cut));
    }

    [Fact]
    public void A_sweep_without_a_proof_is_not_shared()
    {
        var dear = Candidates(Own(12), Shared(AtFirst, 9, 1));
        var unproven = Candidates(Own(6), Shared(AtFirst, 9, 1) with { Obstacle = "samples are coupled" });

        Assert.Equal(AtTarget, SharedSweeps.Order([dear, unproven])[1][0].Cut);
    }

    private static ImmutableArray<Candidate> Candidates(params Candidate[] candidates) =>
        [.. candidates.OrderBy(candidate => candidate.Obstacle is not null).ThenBy(candidate => candidate.Flops)];

    private static Candidate Own(double flops) => new(CandidateMethod.TargetProducts, AtTarget, 1, flops);

    private static Candidate Shared(Cut cut, double sweep, double own) =>
        new(CandidateMethod.CutProducts, cut, 1, sweep + own)
        {
            SweepFlops = sweep,
            Shared = new SweepKey(CandidateMethod.CutProducts, cut.Value),
        };

    private static Cut CutAt() => new(Builder.Parameter(new TensorType(ElementType.Float32, TensorShape.Scalar)), 0, RegionKind.Linear, []);
}
