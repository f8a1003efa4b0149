using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>
/// The file of a state: a checkpoint, or the result of a shard. It is a .npz with the numbers of which each sum is made, and
/// <c>about.json</c>, which says what they are and what the run is of.
/// </summary>
internal static class StateFile
{
    /// <summary>The member that says what a file holds.</summary>
    public const string About = "about.json";

    private const string Kind = "onnx-curvature-state";
    private const int Format = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a state, whole or not at all. Throws <see cref="UserErrorException"/>.</summary>
    public static void Write(string path, RunIdentity identity, RunState state, ShardFileInfo info) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new NpzWriter(stream);
                writer.AddText(About, JsonSerializer.Serialize(Header.Of(identity, state, info), Json));
                foreach (var (index, output) in state.Outputs.Index())
                foreach (var (batch, piece) in output.Joined.Pieces)
                foreach (var (part, numbers) in piece.Sum.Parts.Index())
                    writer.Add(Member(index, batch, part), ElementType.Float64, piece.Shape, numbers);
            }
        );

    /// <summary>Reads what a file says of itself. Throws <see cref="UserErrorException"/> for a file that is none of a state.</summary>
    public static (RunIdentity Identity, ShardFileInfo Info, UnitRange Units, long Next) ReadIdentity(string path)
    {
        using var reader = NpzReader.Open(path);
        var header = HeaderOf(path, reader);
        return (header.Identity, header.Info, header.Units, header.Next);
    }

    /// <summary>Reads a state. Throws <see cref="UserErrorException"/> for a file that is none of a state.</summary>
    public static RunState Read(string path)
    {
        using var reader = NpzReader.Open(path);
        var header = HeaderOf(path, reader);
        var state = new RunState(
            header.Units,
            [.. header.Outputs.Select(output => new StateOutput(output.Name, output.Element, new JoinedOutput(output.Kind)))]
        )
        {
            Next = header.Next,
            Check = header.Check,
            Seconds = header.Seconds,
            Probes = header.Probes,
            Samples = header.Samples,
        };
        AddTo(state, reader, header);
        return state;
    }

    /// <summary>Adds the sums of a file, and its time, to a state of the same outputs. Throws <see cref="UserErrorException"/>.</summary>
    public static void AddTo(RunState state, string path)
    {
        using var reader = NpzReader.Open(path);
        var header = HeaderOf(path, reader);
        AddTo(state, reader, header);
        state.Check ??= header.Check;
        state.Seconds += header.Seconds;
    }

    private static void AddTo(RunState state, NpzReader reader, Header header)
    {
        foreach (var (index, output) in header.Outputs.Index())
        foreach (var piece in output.Pieces)
            for (var part = 0; part < piece.Parts; part++)
            {
                var numbers = reader.Read(Member(index, piece.Batch, part));
                state.Outputs[index].Joined.Restore(piece.Batch, numbers.Shape, numbers.ToDoubles());
            }
    }

    private static Header HeaderOf(string path, NpzReader reader)
    {
        try
        {
            if (
                reader.ReadText(About) is { } text
                && JsonSerializer.Deserialize<Header>(text, Json) is { FileKind: Kind, FileFormat: Format } header
            )
                return header;
        }
        catch (JsonException)
        {
            // The sentence below says it.
        }
        throw new UserErrorException(
            $"'{path}' is neither a checkpoint nor a shard that this version of onnx-curvature wrote; name another file, or "
                + "compute it anew."
        );
    }

    private static string Member(int output, long batch, int part) => $"{output}.{batch}.{part}";

    /// <summary>What <c>about.json</c> holds.</summary>
    private sealed record Header
    {
        public string FileKind { get; init; } = Kind;
        public int FileFormat { get; init; }
        public required RunIdentity Identity { get; init; }
        public required ShardFileInfo Info { get; init; }
        public required UnitRange Units { get; init; }
        public required long Next { get; init; }
        public required long Samples { get; init; }
        public required double Seconds { get; init; }
        public required int Probes { get; init; }
        public required CheckReport? Check { get; init; }
        public required ImmutableArray<OutputHeader> Outputs { get; init; }

        public static Header Of(RunIdentity identity, RunState state, ShardFileInfo info) =>
            new()
            {
                FileFormat = Format,
                Identity = identity,
                Info = info,
                Units = state.Units,
                Next = state.Next,
                Samples = state.Samples,
                Seconds = state.Seconds,
                Probes = state.Probes,
                Check = state.Check,
                Outputs = [.. state.Outputs.Select(OutputHeader.Of)],
            };
    }

    private sealed record OutputHeader(string Name, ElementType Element, JoinKind Kind, ImmutableArray<PieceHeader> Pieces)
    {
        public static OutputHeader Of(StateOutput output) =>
            new(
                output.Name,
                output.Element,
                output.Joined.Kind,
                [.. output.Joined.Pieces.Select(piece => new PieceHeader(piece.Key, piece.Value.Sum.Parts.Count))]
            );
    }

    private sealed record PieceHeader(long Batch, int Parts);
}

/// <summary>What a shard's file says for the summary of the result that it is part of.</summary>
/// <param name="Shard">Which shard it is.</param>
/// <param name="Batches">The number of batches of the whole run.</param>
/// <param name="CanonicalNames">For each output, the name that results have where nothing renames them.</param>
/// <param name="Negated">The outputs that have the opposite sign.</param>
/// <param name="Methods">How each second-order quantity is computed.</param>
/// <param name="Notes">What the user should know: one sentence each.</param>
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
