using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Makes the iterations of a loop by runs of its body.</summary>
/// <param name="session">Its body, or, where chunks run several at a time, their program.</param>
/// <param name="chunks">The chunks, where several of them run at a time.</param>
/// <param name="iterations">The iterations that are made, from the first to the one after the last.</param>
/// <param name="progress">Receives the share of them that is done.</param>
/// <param name="cancellation">Ends the run.</param>
internal sealed class LoopDriver(
    OrtProgram session,
    SummedChunks? chunks,
    (long First, long End) iterations,
    Action<double> progress,
    CancellationToken cancellation
)
{
    /// <summary>The states after the last iteration. The caller disposes of them.</summary>
    /// <param name="initial">The states before the first.</param>
    /// <param name="captured">The values that the body takes from around it.</param>
    /// <param name="stacks">Receive what iterations give out.</param>
    /// <param name="onHost">Which states are to be readable here.</param>
    public OrtValue[] Run(OrtValue[] initial, OrtValue[] captured, IterationStack[] stacks, Func<int, bool> onHost) =>
        iterations.First == iterations.End ? Nothing(initial, captured, stacks)
        : chunks is not null ? AddUp(chunks, initial, captured, stacks)
        : OneByOne(initial, captured, stacks, onHost);

    private OrtValue[] OneByOne(OrtValue[] initial, OrtValue[] captured, IterationStack[] stacks, Func<int, bool> onHost)
    {
        var states = initial;
        for (var iteration = iterations.First; iteration < iterations.End; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            Report(iteration);
            using var number = OrtTensors.Scalar(iteration);
            var last = iteration == iterations.End - 1;
            var results = session.Run(
                [number, .. states, .. captured],
                index => last && index < states.Length && onHost(index),
                cancellation
            );
            if (iteration > iterations.First)
                foreach (var state in states)
                    state.Dispose();
            states = [.. results.Take(states.Length)];
            for (var index = 0; index < stacks.Length; index++)
                stacks[index].Add(results[states.Length + index], iteration);
        }
        return states;
    }

    /// <summary>The sums of all chunks, several of which run at a time.</summary>
    private OrtValue[] AddUp(SummedChunks summed, OrtValue[] initial, OrtValue[] captured, IterationStack[] stacks)
    {
        OrtValue[] sums = [.. initial.Select(OrtTensors.Copy)];
        try
        {
            new ChunkWorkers(session, captured, iterations, Take).Run(summed.AtOnce, cancellation);
            return sums;
        }
        catch
        {
            foreach (var sum in sums)
                sum.Dispose();
            throw;
        }

        void Take(long chunk, IReadOnlyList<OrtValue> results)
        {
            Report(chunk);
            for (var index = 0; index < sums.Length; index++)
            {
                OrtTensors.Add(sums[index], results[index]);
                results[index].Dispose();
            }
            for (var index = 0; index < stacks.Length; index++)
                stacks[index].Add(results[sums.Length + index], chunk);
        }
    }

    /// <summary>The states without any iteration. Stacked values are zero, of a shape that one iteration shows.</summary>
    private OrtValue[] Nothing(OrtValue[] initial, OrtValue[] captured, IterationStack[] stacks)
    {
        if (stacks.Length > 0)
        {
            using var number = OrtTensors.Scalar(0L);
            var results = session.Run(chunks is null ? [number, .. initial, .. captured] : [number, .. captured], _ => true, cancellation);
            for (var index = 0; index < results.Count; index++)
                if (index < initial.Length)
                    results[index].Dispose();
                else
                    stacks[index - initial.Length].AddNothing(results[index]);
        }
        return [.. initial.Select(OrtTensors.Copy)];
    }

    private void Report(long iteration) => progress((double)(iteration - iterations.First) / (iterations.End - iterations.First));
}
