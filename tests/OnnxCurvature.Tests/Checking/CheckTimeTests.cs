using OnnxCurvature.Runtime.Checking;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>The check of a run keeps to its share of the time.</summary>
public sealed class CheckTimeTests
{
    /// <summary>The time of the first batch says how long all batches take; a twentieth of that is left, less what is spent.</summary>
    [Fact]
    public void The_limit_follows_from_the_time_that_the_first_batch_took()
    {
        var time = new CheckTime((Batch: 2, Run: 2000), taken: 3, spent: 20);
        Assert.True(time.IsBound);
        Assert.Equal(1.5, time.Slowdown);
        Assert.InRange(time.Left, 100, 130);
    }

    /// <summary>Work that takes longer than what is left is ended, and no error of the run.</summary>
    [Fact]
    public void Work_ends_with_the_time_that_is_left()
    {
        var time = new CheckTime((Batch: 3, Run: 3), taken: 3, spent: 0.1);
        var begun = false;
        var isDone = time.Within(
            ends =>
            {
                begun = true;
                ends.WaitHandle.WaitOne();
                ends.ThrowIfCancellationRequested();
            },
            isFirst: false,
            CancellationToken.None,
            CancellationToken.None
        );
        Assert.True(begun);
        Assert.False(isDone);
        Assert.False(time.Allows(0.15));
    }

    /// <summary>A user waits for the model to be loaded, too, so that counts as time of the run.</summary>
    [Fact]
    public void The_time_before_the_first_batch_is_a_part_of_the_run()
    {
        var time = new CheckTime((Batch: 1000, Run: 1000), taken: 1000, spent: 10, before: 3000);
        Assert.InRange(time.Left, 189, 190);
    }

    /// <summary>The first directions may take a tenth of the run, so that a run of a few seconds is checked.</summary>
    [Fact]
    public void First_directions_may_take_a_tenth_of_the_run()
    {
        var time = new CheckTime((Batch: 4000, Run: 4000), taken: 4000, spent: 300);
        Assert.False(time.Allows(1));
        Assert.True(time.AllowsFirst(90));
        Assert.False(time.AllowsFirst(110));
        Assert.True(
            time.Within(ends => ends.ThrowIfCancellationRequested(), isFirst: true, CancellationToken.None, CancellationToken.None)
        );
        Assert.False(
            time.Within(
                ends =>
                {
                    ends.WaitHandle.WaitOne();
                    ends.ThrowIfCancellationRequested();
                },
                isFirst: false,
                CancellationToken.None,
                CancellationToken.None
            )
        );
    }

    /// <summary>Entries that differ take time of their own, which leaves as much as before for others.</summary>
    [Fact]
    public void Entries_that_differ_have_a_share_of_their_own()
    {
        var time = new CheckTime((Batch: 3, Run: 3), taken: 3, spent: 0.74);
        var isDone = Repeat(isFirst: false, work: Waits);
        Assert.False(isDone);
        Assert.Equal(0, time.Left);
        Assert.False(Repeat(isFirst: false, work: ends => ends.ThrowIfCancellationRequested()));

        bool Repeat(bool isFirst, Action<CancellationToken> work) =>
            time.WithinRepeats(work, isFirst, CancellationToken.None, CancellationToken.None);

        static void Waits(CancellationToken ends)
        {
            ends.WaitHandle.WaitOne();
            ends.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The first entry that differs may take longer than others, so that it is known whether the run is wrong.</summary>
    [Fact]
    public void The_first_entry_that_differs_may_take_a_quarter_of_the_run()
    {
        var time = new CheckTime((Batch: 4, Run: 4), taken: 4000, spent: 0);
        Assert.True(
            time.WithinRepeats(
                ends => Assert.False(ends.IsCancellationRequested),
                isFirst: true,
                CancellationToken.None,
                CancellationToken.None
            )
        );
        Assert.InRange(time.Left, 199, 200);
    }

    /// <summary>A check that comes to the memory limit ends, and its run does not.</summary>
    [Fact]
    public void A_check_that_is_stopped_for_its_memory_is_not_done()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        var time = new CheckTime((Batch: 3000, Run: 3000), taken: 3000, spent: 0);
        Assert.False(time.Within(ends => ends.ThrowIfCancellationRequested(), isFirst: true, stopped.Token, CancellationToken.None));
    }

    /// <summary>A user who ends the run ends its check, too.</summary>
    [Fact]
    public void A_run_that_is_ended_ends_its_check_by_an_exception()
    {
        using var ended = new CancellationTokenSource();
        ended.Cancel();
        var time = new CheckTime((Batch: 3000, Run: 3000), taken: 3000, spent: 0);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            time.Within(ends => ends.ThrowIfCancellationRequested(), isFirst: true, ended.Token, ended.Token)
        );
    }

    /// <summary>The check of a short run depends on what is expected, not on what else the machine does.</summary>
    [Theory]
    [InlineData(0.1, 0.1, 0.4, 0.1)]
    [InlineData(1.8, 1.8, 1.9, 0.1)]
    [InlineData(0.1, 0.1, 9, 0.1)]
    public void A_short_run_is_bound_by_expected_times(double batch, double run, double taken, double left)
    {
        var time = new CheckTime((batch, run), taken, spent: 5);
        Assert.False(time.IsBound);
        Assert.Equal(1, time.Slowdown);
        Assert.Equal(left, time.Left, 9);
        Assert.True(time.Allows(60));
        Assert.True(time.Within(_ => { }, isFirst: false, CancellationToken.None, CancellationToken.None));
    }
}
