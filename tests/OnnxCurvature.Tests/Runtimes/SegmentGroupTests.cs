using OnnxCurvature.Runtime.Schedules;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>How many segments of a batch are made by one run.</summary>
public sealed class SegmentGroupTests
{
    [Fact]
    public void Short_runs_are_followed_by_longer_ones_up_to_the_most()
    {
        var group = new SegmentGroup(2, 7);
        Assert.Equal(2, group.Count);
        group.Took(TimeSpan.FromSeconds(0.2), 2);
        Assert.Equal(4, group.Count);
        group.Took(TimeSpan.FromSeconds(0.4), 4);
        Assert.Equal(7, group.Count);
    }

    [Fact]
    public void A_run_of_the_last_few_segments_changes_no_count()
    {
        var group = new SegmentGroup(6, 20);
        group.Took(TimeSpan.FromSeconds(0.1), 1);
        Assert.Equal(6, group.Count);
    }

    [Fact]
    public void Long_runs_are_followed_by_shorter_ones()
    {
        var group = new SegmentGroup(6, 20);
        group.Took(TimeSpan.FromSeconds(6), 6);
        Assert.Equal(3, group.Count);
        group.Took(TimeSpan.FromSeconds(6), 1);
        Assert.Equal(1, group.Count);
    }

    [Fact]
    public void Segments_are_made_one_by_one_where_no_more_are_allowed()
    {
        var group = SegmentGroup.One;
        group.Took(TimeSpan.FromSeconds(0.1), 1);
        Assert.Equal(1, group.Count);
    }
}
