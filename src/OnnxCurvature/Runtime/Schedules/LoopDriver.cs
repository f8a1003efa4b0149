using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Makes the iterations of a loop by runs of its body.</summary>
/// <param name="session">Its body, or, where chunks run several at a time, their program.</param>
/// <param name="chunks">The chunks, where several of them run at a time.</param>
/// <param name="segments">The iterations that are made, from the first to the one after the last, by segment, one after another.</param>
/// <param name="progress">Receives the share of them that is done.</param>
/// <param name="cancellation">Ends the run.</param>
internal sealed class LoopDriver(
    OrtProgram session,
    SummedChunks? chunks,
    IReadOnlyList<(long First, long End)> segments,
    Action<double> progress,
    CancellationToken cancellation
)
{
    /// <summary>
    /// The states after the last iteration of each segment, and what its iterations give out. The caller disposes of both.
    /// </summary>
    /// <param name="initial">The states before the first iteration of any segment.</param>
    /// <param name="captured">The values that the body takes from around it.</param>
    /// <param name="newStacks">Makes what receives the values that the iterations of a segment give out.</param>
    /// <param name="onHost">Which states are to be readable here.</param>
    public IReadOnlyList<LoopResult> Run(OrtValue[] initial, OrtValue[] captured, Func<IterationStack[]> newStacks, Func<int, bool> onHost)
    {
        if (chunks is not null && segments.All(segment => segment.First < segment.End))
            return AddUp(chunks, segments, initial, captured, newStacks);
        return [.. segments.Select(segment => Alone(segment, initial, captured, newStacks, onHost))];
    }

    private LoopResult Alone(
        (long First, long End) segment,
        OrtValue[] initial,
        OrtValue[] captured,
        Func<IterationStack[]> newStacks,
        Func<int, bool> onHost
    )
    {
        if (segment.First < segment.End && chunks is not null)
            return AddUp(chunks, [segment], initial, captured, newStacks)[0];
        var stacks = newStacks();
        var states =
            segment.First < segment.End ? OneByOne(segment, initial, captured, stacks, onHost) : Nothing(initial, captured, stacks);
        return new LoopResult(states, stacks);
    }

    private OrtValue[] OneByOne(
        (long First, long End) iterations,
        OrtValue[] initial,
        OrtValue[] captured,
        IterationStack[] stacks,
        Func<int, bool> onHost
    )
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

    /// <summary>The sums of the chunks of each segment, several chunks at a time, whichever segment they are of.</summary>
    private LoopResult[] AddUp(
        SummedChunks summed,
        IReadOnlyList<(long First, long End)> parts,
        OrtValue[] initial,
        OrtValue[] captured,
        Func<IterationStack[]> newStacks
    )
    {
        LoopResult[] results = [.. parts.Select(_ => new LoopResult([.. initial.Select(OrtTensors.Copy)], newStacks()))];
        try
        {
            new ChunkWorkers(session, captured, (parts[0].First, parts[^1].End), Take).Run(summed.AtOnce, cancellation);
            return results;
        }
        catch
        {
            foreach (var state in results.SelectMany(result => result.States))
                state.Dispose();
            throw;
        }

        void Take(long chunk, IReadOnlyList<OrtValue> terms)
        {
            Report(chunk);
            var at = 0;
            while (chunk >= parts[at].End)
                at++;
            var (sums, stacks) = results[at];
            for (var index = 0; index < sums.Length; index++)
            {
                OrtTensors.Add(sums[index], terms[index]);
                terms[index].Dispose();
            }
            for (var index = 0; index < stacks.Length; index++)
                stacks[index].Add(terms[sums.Length + index], chunk);
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

    private void Report(long iteration)
    {
        var (first, end) = (segments[0].First, segments[^1].End);
        progress((double)(iteration - first) / (end - first));
    }
}

/// <summary>The results of a loop.</summary>
/// <param name="States">The states after its last iteration.</param>
/// <param name="Stacks">The outputs of its iterations.</param>
internal sealed record LoopResult(OrtValue[] States, IterationStack[] Stacks);
