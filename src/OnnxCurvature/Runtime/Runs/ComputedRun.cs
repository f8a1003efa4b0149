using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The results of a run, or of a shard of one.</summary>
/// <param name="State">The sums.</param>
internal sealed record ComputedRun(RunState State)
{
    /// <summary>The number of batches of the whole run.</summary>
    public required int Batches { get; init; }

    /// <summary>Why there is no check, where there is none: a clause.</summary>
    public string Unchecked { get; init; } = "";

    /// <summary>Notes for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The median of the times of the batches after the first; null where there are too few.</summary>
    public double? SecondsOfABatch { get; init; }

    /// <summary>How long the run waited for batches, in seconds.</summary>
    public double SecondsForData { get; init; }

    /// <summary>The result, where all units are done.</summary>
    /// <param name="seconds">The times of what came before.</param>
    /// <param name="samples">The number of samples.</param>
    public CurvatureResult Finish(ImmutableDictionary<string, double> seconds, long samples)
    {
        var check = State.Check;
        seconds = seconds.SetItem("run", State.Seconds - (check?.Seconds ?? 0));
        if (check is not null)
            seconds = seconds.SetItem("check", check.Seconds);
        return new CurvatureResult([.. State.Outputs.Select(TensorOf)], samples, Batches, seconds, PeakBytes)
        {
            Check = check ?? CheckReport.None("", Unchecked),
            SecondsOfABatch = SecondsOfABatch,
            SecondsForData = SecondsForData,
            Notes = Notes,
        };
    }

    /// <summary>The result of all shards of a run.</summary>
    public static CurvatureResult Merge(IReadOnlyList<string> shards)
    {
        var (state, identity, info) = ShardMerge.Join(shards);
        var run = new ComputedRun(state) { Batches = info.Batches, Unchecked = info.Unchecked };
        var result = run.Finish(ImmutableDictionary<string, double>.Empty, state.Samples);
        return result with
        {
            Tensors =
            [
                .. result.Tensors.Select(tensor =>
                    tensor with
                    {
                        CanonicalName = info.CanonicalNames[tensor.Name],
                        IsNegated = info.Negated.Contains(tensor.Name),
                    }
                ),
            ],
            About = [.. identity.Entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value))],
            Methods = info.Methods,
            Nodes = info.Nodes,
            Notes = info.Notes,
        };
    }

    private static long PeakBytes => Process.GetCurrentProcess().PeakWorkingSet64;

    private static ResultTensor TensorOf(StateOutput output)
    {
        var (values, shape) = output.Joined.Finish(output.Name, ends: true);
        return new ResultTensor(output.Name, output.Element, [.. shape], values);
    }
}
