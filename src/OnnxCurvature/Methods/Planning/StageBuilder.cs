using OnnxCurvature.Ir;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Builds one column stage for methods that share columns, in chunks that fit the memory.</summary>
internal sealed class StageBuilder(GraphBuilder builder, CostModel costs, PlanLimits limits)
{
    private const int MostColumnsAtOnce = 256;

    /// <summary>Builds the stage.</summary>
    public BuiltStage Build(IReadOnlyList<IColumnMethod> methods)
    {
        var chunk = ChunkSize(methods);
        var (stage, finish) = Stage(methods, chunk);
        var body = Finished(stage.BuildBody());
        var (flops, bytes) = (costs.Flops(body) * stage.Chunks, costs.PeakBytes(body));
        stage.Close();
        return new BuiltStage(chunk, flops, bytes, [.. finish.Select(result => result())]);
    }

    private Program Finished(Program body) => Simplifier.Run(Float64Lowering.Run(body, limits.Provider));

    private (ColumnStage Stage, Func<Value>[] Finish) Stage(IReadOnlyList<IColumnMethod> methods, int chunk)
    {
        var stage = new ColumnStage(builder, methods[0].Columns, chunk);
        var columns = methods[0].MakeColumns(stage);
        return (stage, [.. methods.Select(method => method.Build(stage, columns))]);
    }

    /// <summary>
    /// The most columns whose values fit the memory limit, spread evenly over the chunks. The peak of a body is the largest of
    /// several linear functions of the columns. Two trial bodies tell the one that counts for few columns; where another takes over
    /// before the limit, a third tells a secant, above which the peak does not rise.
    /// </summary>
    private int ChunkSize(IReadOnlyList<IColumnMethod> methods)
    {
        var columns = methods[0].Columns;
        if (columns <= 1)
            return 1;
        var one = Peak(1);
        if (one > limits.MemoryBytes)
            throw new UserErrorException($"One column of '{methods[0].Target.Name}' takes about {Math.Ceiling(one / (1 << 20))} MiB, and the limit is {(limits.MemoryBytes < 1 << 20 ? $"{limits.MemoryBytes} bytes" : $"{limits.MemoryBytes >> 20} MiB")}; allow more with --memory.");
        var chunk = Fit(Peak(2) - one);
        return chunk > 2 && Peak(chunk) is var peak && peak > limits.MemoryBytes ? Fit((peak - one) / (chunk - 1)) : chunk;

        double Peak(int chunk) => costs.PeakBytes(Finished(Stage(methods, chunk).Stage.BuildBody()));

        int Fit(double each)
        {
            var most = (long)Math.Min(Math.Min(1 + Math.Floor((limits.MemoryBytes - one) / Math.Max(1, each)), MostColumnsAtOnce), columns);
            var chunks = (columns + most - 1) / most;
            return (int)((columns + chunks - 1) / chunks);
        }
    }
}

/// <summary>A stage that is closed.</summary>
/// <param name="ChunkSize">Columns at a time.</param>
/// <param name="Flops">Floating-point operations of all chunks.</param>
/// <param name="MemoryBytes">Peak of one chunk's values.</param>
/// <param name="Results">The result of each method.</param>
internal sealed record BuiltStage(int ChunkSize, double Flops, double MemoryBytes, IReadOnlyList<Value> Results);
