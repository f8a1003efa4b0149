using OnnxCurvature.Runtime.Schedules;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>How many segments of a batch are made by one run.</summary>
public sealed class SegmentGroupTests
{
    [Fact]
    public void ShortRunsAreFollowedByLongerOnesUpToTheMost()
    {
        var group = new SegmentGroup(2, 7);
        Assert.Equal(2, group.Count);
        group.Took(TimeSpan.FromSeconds(0.2), 2);
        Assert.Equal(4, group.Count);
        group.Took(TimeSpan.FromSeconds(0.4), 4);
        Assert.Equal(7, group.Count);
    }

    [Fact]
    public void TheLastFewSegmentsOfABatchTeachNothingAboutMore()
    {
        var group = new SegmentGroup(6, 20);
        group.Took(TimeSpan.FromSeconds(0.1), 1);
        Assert.Equal(6, group.Count);
    }

    [Fact]
    public void LongRunsAreFollowedByShorterOnes()
    {
        var group = new SegmentGroup(6, 20);
        group.Took(TimeSpan.FromSeconds(6), 6);
        Assert.Equal(3, group.Count);
        group.Took(TimeSpan.FromSeconds(6), 1);
        Assert.Equal(1, group.Count);
    }

    [Fact]
    public void SegmentsAreMadeOneByOneWhereNoMoreAreAllowed()
    {
        var group = SegmentGroup.One;
        group.Took(TimeSpan.FromSeconds(0.1), 1);
        Assert.Equal(1, group.Count);
    }
}
