using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>What callers of the library may do wrong, stop, or throw themselves.</summary>
public sealed class LibraryCallerTests : IDisposable
{
    private static readonly CurvatureRequest Request = new() { WithRespectTo = ["w"], Loss = LossRequest.Parse("cross-entropy:z") };

    private readonly Tool _tool = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void A_value_that_its_type_does_not_have_is_an_argument_exception()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        foreach (
            var (name, request) in new (string, CurvatureRequest)[]
            {
                ("Quantities", Request with { Quantities = [(Quantity)99] }),
                ("Reduction", Request with { Reduction = (Reduction)9 }),
                ("Precision", Request with { Precision = (Precision)9 }),
                ("Estimator", Request with { Estimator = (Estimator)99 }),
            }
        )
        {
            var error = Assert.Throws<ArgumentException>(() => model.Run(request, Data(0), cancellation: Token));
            Assert.StartsWith(name + " is ", error.Message, StringComparison.Ordinal);
        }
        Assert.Throws<ArgumentException>(() =>
            model.Run(Request, Data(0), new CurvatureRunOptions { Provider = (ExecutionProvider)9 }, cancellation: Token)
        );
        Assert.Throws<ArgumentException>(() => model.Augment(Request, _tool["a.onnx"], new AugmentOptions { Profile = (AugmentProfile)9 }));
    }

    [Fact]
    public void Planning_can_be_cancelled_and_the_token_of_a_plan_does_not_end_its_runs()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        using var source = new CancellationTokenSource();
        var phases = new Phases { Do = phase => (phase == RunPhase.Plan ? source : null)?.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => model.Run(Request, Data(0), progress: phases, cancellation: source.Token));
        Assert.DoesNotContain(RunPhase.Run, phases.Seen);
        using var other = new CancellationTokenSource();
        using var run = model.Plan(Request, Data(0), cancellation: other.Token);
        other.Cancel();
        Assert.NotNull(run.Run(cancellation: Token).Loss);
        Assert.NotNull(run.Run(Data(1), cancellation: Token).Loss);
        Assert.ThrowsAny<OperationCanceledException>(() => run.Run(Data(2), cancellation: other.Token));
    }

    [Fact]
    public void What_a_receiver_of_progress_throws_comes_to_the_caller_as_it_is()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        foreach (var phase in (RunPhase[])[RunPhase.Load, RunPhase.Plan, RunPhase.Run])
        {
            var own = new InvalidDataException("mine");
            var progress = new Phases { Do = seen => _ = seen == phase ? throw own : seen };
            Assert.Same(
                own,
                Assert.Throws<InvalidDataException>(() => model.Run(Request, Data(0), progress: progress, cancellation: Token))
            );
        }
    }

    private static Dictionary<string, CurvatureArray> Data(int seed) =>
        new()
        {
            ["x"] = CurvatureArray.Of<float>([.. Enumerable.Range(seed, 12).Select(index => MathF.Sin(index))], 4, 3),
            ["labels"] = CurvatureArray.Of<long>([0, 1, 1, 0], 4),
        };

    private sealed class Phases : IProgress<RunProgress>
    {
        public List<RunPhase> Seen { get; } = [];

        /// <summary>What is done where a phase is reported.</summary>
        public Action<RunPhase> Do { get; init; } = _ => { };

        public void Report(RunProgress value)
        {
            Do(value.Phase);
            Seen.Add(value.Phase);
        }
    }
}
