using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// ONNX Runtime's profiles of the sessions of a run, as one trace in the format of Chrome's and Perfetto's viewers: each session is a
/// process of the trace, and times, in microseconds, count from the begin of the run.
/// </summary>
internal sealed class SessionProfiles : IDisposable
{
    /// <summary>
    /// A session records its runs until these have computed so many nodes, those of bodies not counted. Each takes about a kilobyte until
    /// the session ends, and the runs of a loop are alike.
    /// </summary>
    public const long MostNodes = 50_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("onnx-curvature-profile-").FullName;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private readonly List<(string File, string Title, long Begin)> _parts = [];
    private int _count;

    /// <summary>Has a session that is made with these options record what it does, and says when it began.</summary>
    public long Begin(SessionOptions options)
    {
        lock (_gate)
            // The prefix is read at the moment when profiling is enabled.
            options.ProfileOutputPathPrefix = Path.Combine(_folder, _count++.ToString(CultureInfo.InvariantCulture));
        options.EnableProfiling = true;
        return _clock.ElapsedTicks;
    }

    /// <summary>Takes the profile of a session that runs no more.</summary>
    /// <param name="session">The session.</param>
    /// <param name="title">The work of the session, for people.</param>
    /// <param name="begin">The result of <see cref="Begin"/>.</param>
    public void End(InferenceSession session, string title, long begin)
    {
        var file = session.EndProfiling();
        lock (_gate)
            _parts.Add((file, title, begin));
    }

    /// <summary>Writes the trace of all sessions that have ended. Throws <see cref="UserErrorException"/>.</summary>
    public void Write(string path) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new Utf8JsonWriter(stream);
                writer.WriteStartArray();
                foreach (var (process, part) in _parts.OrderBy(part => part.Begin).Index())
                    Write(writer, process + 1, part.File, part.Title, 1_000_000 * part.Begin / Stopwatch.Frequency);
                writer.WriteEndArray();
            }
        );

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Write(Utf8JsonWriter writer, int process, string file, string title, long begin)
    {
        writer.WriteStartObject();
        writer.WriteString("ph", "M");
        writer.WriteString("name", "process_name");
        writer.WriteNumber("pid", process);
        writer.WriteStartObject("args");
        writer.WriteString("name", title);
        writer.WriteEndObject();
        writer.WriteEndObject();
        using var stream = File.OpenRead(file);
        // A trace may be larger than the memory of the run.
        foreach (var entry in JsonSerializer.DeserializeAsyncEnumerable(stream, TraceJson.Default.JsonElement).ToBlockingEnumerable())
        {
            writer.WriteStartObject();
            foreach (var property in entry.EnumerateObject())
                if (property.NameEquals("pid"))
                    writer.WriteNumber(property.Name, process);
                else if (property.NameEquals("ts"))
                    writer.WriteNumber(property.Name, begin + property.Value.GetInt64());
                else
                    property.WriteTo(writer);
            writer.WriteEndObject();
            writer.Flush();
        }
    }
}

/// <summary>An event of a trace.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class TraceJson : JsonSerializerContext;
