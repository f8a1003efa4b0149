using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Sessions;
using Xunit;

namespace OnnxCurvature.Tests.Bounds;

/// <summary>The limit of the pool of memory that sessions share.</summary>
public sealed class SharedArenaTests
{
    private const long Limit = 4 << 20;

    [Theory, InlineData(1 << 18, false), InlineData(1 << 20, true)]
    public async Task A_value_that_exceeds_the_limit_is_not_allocated_and_ends_the_run(int elements, bool exceeds)
    {
        var cancellation = TestContext.Current.CancellationToken;
        OrtEnvironment.Start(null);
        var pool = SharedArena.Use(new PoolSize(Limit / 4, Limit));
        // Runs of other tests in this process may have it.
        for (; pool is null; pool = SharedArena.Use(new PoolSize(Limit / 4, Limit)))
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        using (pool)
        {
            Assert.True(pool.HoldsLimit);
            Assert.Null(SharedArena.Use(new PoolSize(1, null)));
            var isStopped = false;
            var settings = new OrtSettings(".", ExecutionProvider.Cpu, 1) { SharesArena = true, StopForMemory = () => isStopped = true };
            using var session = new OrtProgram(Widened(elements), settings);
            using var value = new SparseTensor(ElementType.Float32, [], [(0, 1)]);
            var error = Record.Exception(() =>
            {
                foreach (var output in session.Run([value.Value], _ => true, CancellationToken.None))
                    output.Dispose();
            });
            Assert.Equal(exceeds, error is OperationCanceledException);
            Assert.Equal(exceeds, isStopped);
        }
    }

    /// <summary>A number that is repeated so often, and the negative of that.</summary>
    private static OnnxCurvature.Ir.Program Widened(int elements)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Scalar));
        var wide = Neg.Of(b, Expand.Of(b, x, [elements]));
        return OnnxCurvature.Ir.Program.Create([x], [new NamedValue("y", wide)]);
    }
}
