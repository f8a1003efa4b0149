using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>The contents of <c>about.json</c> in a state's file.</summary>
internal sealed record StateHeader
{
    /// <summary>The kind of files that hold states.</summary>
    public const string OfStates = "onnx-curvature-state";

    /// <summary>The format that is written.</summary>
    public const int Newest = 4;

    /// <summary>The kind of file.</summary>
    public string Kind { get; init; } = OfStates;

    /// <summary>The format.</summary>
    public int Format { get; init; }

    /// <summary>The identity of the run.</summary>
    public required RunIdentity Identity { get; init; }

    /// <summary>The part that the summary needs.</summary>
    public required ShardFileInfo Info { get; init; }

    /// <summary>The units that the run makes.</summary>
    public required UnitRange Units { get; init; }

    /// <summary>The next unit to make.</summary>
    public required long Next { get; init; }

    /// <summary>The number of samples of the whole run.</summary>
    public required long Samples { get; init; }

    /// <summary>The seconds that the units took so far.</summary>
    public required double Seconds { get; init; }

    /// <summary>The random directions of an estimate.</summary>
    public required int Probes { get; init; }

    /// <summary>The findings of the check; null where nothing was checked.</summary>
    public required CheckReport? Check { get; init; }

    /// <summary>
    /// The right results of the first batch, where its segments are made by several shards and this one has found it out; else null.
    /// </summary>
    public required DividedCheck? Divided { get; init; }

    /// <summary>The outputs, in order.</summary>
    public required ImmutableArray<OutputHeader> Outputs { get; init; }

    /// <summary>The header of a state.</summary>
    public static StateHeader Of(RunIdentity identity, RunState state, ShardFileInfo info) =>
        new()
        {
            Format = Newest,
            Identity = identity,
            Info = info,
            Units = state.Units,
            Next = state.Next,
            Samples = state.Samples,
            Seconds = state.Seconds,
            Probes = state.Probes,
            Check = state.Check,
            Divided = state.Divided,
            Outputs = [.. state.Outputs.Select(OutputHeader.Of)],
        };
}

/// <summary>An output of a state.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">The element type in the file of the result.</param>
/// <param name="Kind">How parts become the whole.</param>
/// <param name="Pieces">Its pieces.</param>
internal sealed record OutputHeader(string Name, ElementType Element, JoinKind Kind, ImmutableArray<PieceHeader> Pieces)
{
    /// <summary>The header of an output.</summary>
    public static OutputHeader Of(StateOutput output) =>
        new(
            output.Name,
            output.Element,
            output.Joined.Kind,
            [.. output.Joined.Pieces.Select(piece => new PieceHeader(piece.Key, piece.Value.Sum.Parts.Count))]
        );
}

/// <summary>A piece of an output.</summary>
/// <param name="Batch">The number of its batch; 0 for a sum over batches, and -1 for that of the squares of errors.</param>
/// <param name="Parts">The numbers of which each sum is made.</param>
internal sealed record PieceHeader(long Batch, int Parts);

/// <summary>The part of a shard's file for the summary of the whole result.</summary>
/// <param name="Shard">Which shard it is.</param>
/// <param name="Batches">The number of batches of the whole run.</param>
/// <param name="CanonicalNames">For each output, the name that results have where nothing renames them.</param>
/// <param name="Negated">The outputs that have the opposite sign.</param>
/// <param name="Methods">How each second-order quantity is computed.</param>
/// <param name="Notes">Notes for the user, one sentence each.</param>
/// <param name="Unchecked">Why results are not checked, where they are not: a clause.</param>
/// <param name="Nodes">The nodes that use the weights, by the name of the weight.</param>
internal sealed record ShardFileInfo(
    Shard Shard,
    int Batches,
    ImmutableDictionary<string, string> CanonicalNames,
    ImmutableArray<string> Negated,
    ImmutableArray<string> Methods,
    ImmutableArray<string> Notes,
    string Unchecked,
    ImmutableDictionary<string, string> Nodes
);

/// <summary>
/// The JSON of states, without reflection, as native programs need it. The members of a tuple are fields, which would be left out.
/// </summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    IncludeFields = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals
)]
[JsonSerializable(typeof(StateHeader))]
internal sealed partial class StateJson : JsonSerializerContext;
