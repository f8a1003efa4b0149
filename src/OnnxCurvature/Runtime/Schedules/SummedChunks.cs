using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// A chunk loop whose states are sums, s ← s + t, of terms t that depend on the chunk alone. Its chunks are independent, so several can run
/// at a time, and the caller adds their terms in the order of the chunks: the sums are then those of the loop, to the last bit.
/// </summary>
/// <param name="Program">The chunk's number and the captured values in; the terms, and what is collected, out.</param>
/// <param name="Bytes">The most bytes that the values of one chunk take.</param>
/// <param name="AtOnce">How many chunks run at a time, at least two.</param>
internal sealed record SummedChunks(Program Program, double Bytes, int AtOnce)
{
    /// <summary>
    /// Chunks run side by side where that is expected to take no more than this share of the time: they take more memory, and the estimate
    /// is rough.
    /// </summary>
    private const double ShareOfTime = 0.95;

    /// <summary>
    /// The chunks of a loop, where several of them at a time, one thread each, are expected to be faster than one after another on all
    /// threads; null where not, or where a chunk depends on the one before.
    /// </summary>
    /// <param name="loop">The loop.</param>
    /// <param name="costs">Operations and sizes.</param>
    /// <param name="most">The most chunks at a time that there is memory for.</param>
    /// <param name="cores">The threads that there are for the run.</param>
    public static SummedChunks? Of(LoopStep loop, CostModel costs, int most, int cores)
    {
        var atOnce = (int)Math.Min(Math.Min(most, cores), loop.Iterations);
        if (atOnce < 2 || WithoutStates(loop) is not { } program)
            return null;
        var chunks = new SummedChunks(program, costs.PeakBytes(program), atOnce);
        var (alone, shared) = (new TimeModel(costs, 1).Run(program), new TimeModel(costs, cores).Run(program));
        return chunks.Waves(loop) * alone < ShareOfTime * loop.Iterations * shared ? chunks : null;
    }

    /// <summary>How many times chunks start together until all of a loop's are done.</summary>
    public long Waves(LoopStep loop) => (loop.Iterations + AtOnce - 1) / AtOnce;

    /// <summary>The most bytes that the values of chunks beside the first take in any loop of a program.</summary>
    public static double BytesBeside(Program program, CostModel costs, int most, int cores) =>
        ProgramSchedule
            .Of(program)
            .Steps.OfType<LoopStep>()
            .Select(loop => Of(loop, costs, most, cores) is { } chunks ? (chunks.AtOnce - 1) * chunks.Bytes : 0)
            .DefaultIfEmpty(0)
            .Max();

    /// <summary>The terms of the sums in place of the states; null where a state is no such sum.</summary>
    private static Program? WithoutStates(LoopStep loop)
    {
        var (body, states) = (loop.Program, loop.Program.Parameters.Slice(1, loop.States));
        var outputs = body.Outputs.ToArray();
        for (var index = 0; index < loop.States; index++)
        {
            var state = states[index];
            if (
                state.Type.Element is not (ElementType.Float32 or ElementType.Float64)
                || outputs[index].Value.Producer is not { } sum
                || !sum.Rules().IsSum(sum)
                || sum.Inputs is not [{ } left, { } right]
                || left == state == (right == state)
                || left.Type.Shape != right.Type.Shape
            )
                return null;
            outputs[index] = outputs[index] with { Value = left == state ? right : left };
        }
        // Where a state is used for anything else, the program without its parameter would need it.
        var program = Program.Create([body.Parameters[0], .. loop.Captured], outputs);
        return program.Nodes.SelectMany(GraphWalk.Dependencies).Concat(program.Outputs.Select(output => output.Value)).Any(states.Contains)
            ? null
            : program;
    }
}
