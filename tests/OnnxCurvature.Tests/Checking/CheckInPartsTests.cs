using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>The check of a run that comes to the memory limit, as a measurement that tests put in place of the real one says.</summary>
public sealed class CheckInPartsTests
{
    /// <summary>The watch measures again after it gives memory back.</summary>
    private const int MeasuredForAStop = 2;

    /// <summary>
    /// A check that comes to the limit goes on with half the memory: with fewer directions at a time, and with a program for each target.
    /// </summary>
    [Theory]
    [InlineData("tanh mlp CrossEntropy 3")]
    [InlineData("relu mlp CrossEntropy 3")]
    [InlineData("deep relu mlp 3")]
    public void A_check_that_comes_to_the_limit_compares_the_same_entries_with_less_at_a_time(string name)
    {
        var (whole, _) = Run(name, 0);
        var (parts, asked) = Run(name, 1);
        Assert.True(asked > MeasuredForAStop);
        Assert.Empty(parts.Unchecked);
        Assert.Empty(parts.Undecided);
        Assert.All(
            whole.Entries.OrderBy(Key).Zip(parts.Entries.OrderBy(Key)),
            pair =>
            {
                Assert.Equal(Key(pair.First), Key(pair.Second));
                Assert.Equal(pair.First.Computed, pair.Second.Computed);
                Assert.Equal(pair.First.Reference, pair.Second.Reference, 1e-6);
            },
            throwIfEmpty: true
        );
        Assert.Equal(whole.Entries.Length, parts.Entries.Length);
    }

    private static string Key(VerifyEntry entry) => $"{entry.Name} {string.Join(',', entry.Index)}";

    /// <summary>
    /// The check of a run that comes to the limit so many times when it is about to take memory, and how often it was about to.
    /// </summary>
    private static (CheckReport Report, int Asked) Run(string name, int times)
    {
        var problem = ProblemTable.Find(name);
        using var folder = new TemporaryFolder();
        var file = ProblemFile.Write(problem, folder, ElementType.Float32);
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. problem.Weights.Select(weight => weight.Name!)],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        var (asked, thread, checking) = (0, Environment.CurrentManagedThreadId, new CheckBegun());
        var options = new CurvatureRunOptions
        {
            Faults = new PlantedFaults
            {
                // The measurements of the watch, on a thread of its own, count for nothing.
                HeldBytes = () =>
                    checking.Is && Environment.CurrentManagedThreadId == thread && ++asked <= MeasuredForAStop * times
                        ? long.MaxValue / 2
                        : 0,
                // However busy the machine is, all entries are to be compared.
                Expected = _ => (double.MaxValue, 1),
            },
        };
        var run = CurvatureEngine.Prepare(file.Path, request, file.Data, options);
        return (run.Run(checking, TestContext.Current.CancellationToken).Check, asked);
    }

    private sealed class CheckBegun : IProgress<RunProgress>
    {
        public bool Is { get; private set; }

        public void Report(RunProgress value) => Is |= value.Phase == RunPhase.Check;
    }
}
