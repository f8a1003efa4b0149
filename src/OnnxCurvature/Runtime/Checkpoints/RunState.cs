using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>The results of a run so far: exact sums over the units that are done.</summary>
/// <param name="units">The units that it makes.</param>
/// <param name="outputs">Its outputs, in order.</param>
internal sealed class RunState(UnitRange units, ImmutableArray<StateOutput> outputs)
{
    /// <summary>The units that it makes.</summary>
    public UnitRange Units => units;

    /// <summary>The next unit; those from the first to this one are done.</summary>
    public long Next { get; set; } = units.Start;

    /// <summary>Whether all units are done.</summary>
    public bool IsComplete => Next == units.End;

    /// <summary>The outputs.</summary>
    public ImmutableArray<StateOutput> Outputs => outputs;

    /// <summary>The findings of the check; null as long as nothing was checked.</summary>
    public CheckReport? Check { get; set; }

    /// <summary>The right results of the first batch, where its segments are made by several shards; else null.</summary>
    public DividedCheck? Divided { get; set; }

    /// <summary>The seconds that processes took for the units so far.</summary>
    public double Seconds { get; set; }

    /// <summary>The random directions of an estimate; 0 where there are none.</summary>
    public int Probes { get; set; }

    /// <summary>The number of samples of the whole run.</summary>
    public long Samples { get; set; }

    /// <summary>How many units are done, for people.</summary>
    public string Progress =>
        units.Segments == 1
            ? $"{Next - units.Start} of {units.End - units.Start} batches"
            : $"{Next - units.Start} of {units.End - units.Start} segments of batches";

    /// <summary>The same state, whose outputs hold also what is elsewhere.</summary>
    public RunState With(ImmutableArray<StateOutput> whole) =>
        new(units, whole)
        {
            Next = Next,
            Check = Check,
            Divided = Divided,
            Seconds = Seconds,
            Probes = Probes,
            Samples = Samples,
        };
}

/// <summary>An output of a run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">The element type in the file of the result.</param>
/// <param name="Joined">The results that were put together so far.</param>
internal sealed record StateOutput(string Name, ElementType Element, JoinedOutput Joined);
