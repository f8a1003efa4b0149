using System.Collections.Immutable;
using System.Text.Json;
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

    /// <summary>Writes a state, whole or not at all. Throws <see cref="UserErrorException"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">The identity of the run.</param>
    /// <param name="state">The state.</param>
    /// <param name="info">The part of it that the summary needs.</param>
    /// <param name="files">The file system that makes and moves the file.</param>
    public static void Write(string path, RunIdentity identity, RunState state, ShardFileInfo info, IFileSystem files) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new NpzWriter(stream);
                writer.AddText(About, JsonSerializer.Serialize(StateHeader.Of(identity, state, info), StateJson.Default.StateHeader));
                foreach (var (index, output) in state.Outputs.Index())
                foreach (var (batch, piece) in output.Joined.Pieces)
                foreach (var (part, numbers) in piece.Sum.Parts.Index())
                    writer.Add(Member(index, batch, part), ElementType.Float64, piece.Shape, numbers);
            },
            files
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
            [
                .. header.Outputs.Select(output => new StateOutput(
                    output.Name,
                    output.Element,
                    new JoinedOutput(output.Kind, header.Units.AreDivided)
                )),
            ]
        )
        {
            Next = header.Next,
            Check = header.Check,
            Divided = header.Divided,
            Seconds = header.Seconds,
            Probes = header.Probes,
            Samples = header.Samples,
        };
        AddTo(state, reader, header, path);
        return state;
    }

    /// <summary>Adds the sums of a file, and its time, to a state of the same outputs. Throws <see cref="UserErrorException"/>.</summary>
    public static void AddTo(RunState state, string path)
    {
        using var reader = NpzReader.Open(path);
        var header = HeaderOf(path, reader);
        if (!header.Outputs.Select(output => output.Name).SequenceEqual(state.Outputs.Select(output => output.Name)))
            throw Damaged(path);
        AddTo(state, reader, header, path);
        state.Check ??= header.Check;
        state.Divided ??= header.Divided;
        state.Seconds += header.Seconds;
    }

    private static void AddTo(RunState state, NpzReader reader, StateHeader header, string path)
    {
        foreach (var (index, output) in header.Outputs.Index())
        foreach (var piece in output.Pieces)
            for (var part = 0; part < piece.Parts; part++)
            {
                var numbers = reader.Read(Member(index, piece.Batch, part));
                var joined = state.Outputs[index].Joined;
                if (!joined.Takes(piece.Batch, numbers.Shape))
                    throw Damaged(path);
                joined.Restore(piece.Batch, numbers.Shape, numbers.ToDoubles());
            }
    }

    private static StateHeader HeaderOf(string path, NpzReader reader)
    {
        try
        {
            if (
                reader.ReadText(About) is { } text
                && JsonSerializer.Deserialize(text, StateJson.Default.StateHeader)
                    is { Kind: StateHeader.OfStates, Format: StateHeader.Newest } header
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

    private static UserErrorException Damaged(string path) =>
        new($"'{path}' holds other arrays than it says, so it is damaged; compute it anew.");

    private static string Member(int output, long batch, int part) => $"{output}.{batch}.{part}";
}
