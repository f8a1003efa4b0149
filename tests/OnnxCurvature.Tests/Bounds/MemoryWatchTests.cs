using OnnxCurvature.Runtime.Bounds;
using Xunit;

namespace OnnxCurvature.Tests.Bounds;

/// <summary>The steps that are taken where a process comes to its bound.</summary>
public sealed class MemoryWatchTests
{
    private static readonly MemoryBound Bound = new(1000, null);

    [Fact]
    public void A_run_far_from_its_bound_goes_on_and_nothing_is_given_back()
    {
        var trims = 0;
        using var watch = new MemoryWatch(Bound, () => 800, () => trims++, CancellationToken.None);
        watch.Measure(0);
        Assert.False(watch.HasStopped || watch.Token.IsCancellationRequested);
        Assert.Equal(0, trims);
    }

    [Fact]
    public void Memory_that_is_given_back_lets_a_run_go_on()
    {
        var held = 990L;
        using var watch = new MemoryWatch(Bound, () => held, () => held = 600, CancellationToken.None);
        watch.Measure(0);
        Assert.False(watch.HasStopped || watch.Token.IsCancellationRequested);
        Assert.Equal(600, held);
    }

    [Fact]
    public void A_run_that_comes_to_its_bound_is_stopped_and_can_go_on_after_it()
    {
        var held = 980L;
        using var watch = new MemoryWatch(Bound, () => held, () => { }, CancellationToken.None);
        watch.Measure(0);
        Assert.True(watch.HasStopped && watch.Token.IsCancellationRequested);
        held = 100;
        watch.Restart();
        watch.Measure(0);
        Assert.False(watch.HasStopped || watch.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_run_is_stopped_before_what_it_needs_next_exceeds_the_bound()
    {
        using var watch = new MemoryWatch(Bound, () => 700, () => { }, CancellationToken.None);
        watch.Measure(200);
        Assert.False(watch.HasStopped);
        watch.Measure(300);
        Assert.True(watch.HasStopped && watch.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_run_is_stopped_before_it_exceeds_the_bound_at_the_rate_at_which_it_takes_memory()
    {
        var held = 700L;
        using var watch = new MemoryWatch(Bound, () => held, () => { }, CancellationToken.None);
        watch.Measure(0);
        held = 800;
        watch.Measure(0);
        Assert.False(watch.HasStopped);
        held = 890;
        watch.Measure(0);
        Assert.True(watch.HasStopped && watch.Token.IsCancellationRequested);
    }

    [Theory, InlineData(0, 905, false), InlineData(100, 905, true), InlineData(500, 870, false), InlineData(500, 880, true)]
    public void A_run_is_stopped_before_the_node_that_runs_exceeds_the_bound(int node, long held, bool isStopped)
    {
        using var watch = new MemoryWatch(Bound, () => held, () => { }, CancellationToken.None) { NodeBytes = node };
        watch.Measure(0);
        Assert.Equal(isStopped, watch.HasStopped);
    }

    [Fact]
    public void Measurements_wait_for_no_thread_of_the_pool()
    {
        using var measured = new ManualResetEventSlim();
        var isOfPool = true;
        using var watch = new MemoryWatch(Bound, Measured, () => { }, CancellationToken.None);
        measured.Wait(TestContext.Current.CancellationToken);
        Assert.False(isOfPool);

        long Measured()
        {
            isOfPool = Thread.CurrentThread.IsThreadPoolThread;
            measured.Set();
            return 1;
        }
    }

    [Fact]
    public void A_run_is_stopped_where_an_allocation_fails()
    {
        var watch = new MemoryWatch(Bound, () => 1, () => { }, CancellationToken.None);
        Assert.True(watch.Stop() && watch.HasStopped && watch.Token.IsCancellationRequested);
        watch.Restart();
        Assert.False(watch.HasStopped || watch.Token.IsCancellationRequested);
        watch.Dispose();
        Assert.False(watch.Stop());
    }

    [Fact]
    public void A_cancelled_run_is_no_stop_for_memory()
    {
        using var other = new CancellationTokenSource();
        using var watch = new MemoryWatch(Bound, () => 1, () => { }, other.Token);
        other.Cancel();
        Assert.True(watch.Token.IsCancellationRequested);
        Assert.False(watch.HasStopped);
    }
}
