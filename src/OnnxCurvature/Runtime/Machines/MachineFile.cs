using System.Collections.Immutable;
using System.Text.Json;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Machines;

/// <summary>Profiles of machines in JSON: an object of the names below, each with a positive number.</summary>
internal static class MachineFile
{
    /// <summary>No profile is longer.</summary>
    private const int MostBytes = 1 << 16;

    private static readonly ImmutableArray<Figure> Figures =
    [
        new("productFlops", m => m.ProductFlops, (m, x) => m with { ProductFlops = x }),
        new("cacheBytesPerSecond", m => m.CacheBytesPerSecond, (m, x) => m with { CacheBytesPerSecond = x }),
        new("memoryBytesPerSecond", m => m.MemoryBytesPerSecond, (m, x) => m with { MemoryBytesPerSecond = x }),
        new("fileBytesPerSecond", m => m.FileBytesPerSecond, (m, x) => m with { FileBytesPerSecond = x }),
        new("freshBytesPerSecond", m => m.FreshBytesPerSecond, (m, x) => m with { FreshBytesPerSecond = x }),
        new("launchSeconds", m => m.LaunchSeconds, (m, x) => m with { LaunchSeconds = x }),
        new("threadSeconds", m => m.ThreadSeconds, (m, x) => m with { ThreadSeconds = x }),
        new("secondCoreShare", m => m.SecondCoreShare, (m, x) => m with { SecondCoreShare = x }),
        new("startSeconds", m => m.StartSeconds, (m, x) => m with { StartSeconds = x }),
        new("sessionSeconds", m => m.SessionSeconds, (m, x) => m with { SessionSeconds = x }),
        new("nodeStartSeconds", m => m.NodeStartSeconds, (m, x) => m with { NodeStartSeconds = x }),
        new("coreCacheBytes", m => m.CoreCacheBytes, (m, x) => m with { CoreCacheBytes = x }),
        new("sharedCacheBytes", m => m.SharedCacheBytes, (m, x) => m with { SharedCacheBytes = x }),
        new("deviceProductFlops", m => m.Device.ProductFlops, (m, x) => m with { Device = m.Device with { ProductFlops = x } }),
        new("deviceBytesPerSecond", m => m.Device.BytesPerSecond, (m, x) => m with { Device = m.Device with { BytesPerSecond = x } }),
        new("deviceLinkSeconds", m => m.Device.LinkSeconds, (m, x) => m with { Device = m.Device with { LinkSeconds = x } }),
        new("deviceConvolutionBytes", m => m.Device.ConvolutionBytes, (m, x) => m with { Device = m.Device with { ConvolutionBytes = x } }),
    ];

    /// <summary>The names of the figures.</summary>
    public static IEnumerable<string> Names => Figures.Select(figure => figure.Name);

    /// <summary>A profile as JSON.</summary>
    public static byte[] Write(MachineProfile machine)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (var figure in Figures)
                json.WriteNumber(figure.Name, figure.Get(machine));
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>
    /// The profile in a file; what it leaves out is that of <see cref="MachineProfile.Default"/>. Throws
    /// <see cref="UserErrorException"/> for a file that cannot be read or that holds anything else.
    /// </summary>
    public static MachineProfile Read(string path)
    {
        var machine = MachineProfile.Default;
        try
        {
            using var stream = File.OpenRead(path);
            var bytes = new byte[MostBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MostBytes)
                throw Bad(path, "is longer than any profile");
            using var json = JsonDocument.Parse(bytes.AsMemory(0, length));
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Bad(path, "holds no JSON object");
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                var figure =
                    Figures.FirstOrDefault(known => known.Name == entry.Name)
                    ?? throw Bad(path, $"has '{entry.Name}', which is no figure of a machine");
                if (!(entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetDouble(out var x) && x > 0 && double.IsFinite(x)))
                    throw Bad(path, $"has '{entry.Name}' without a positive number");
                machine = figure.Set(machine, x);
            }
            return machine;
        }
        catch (JsonException)
        {
            throw Bad(path, "holds no JSON");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The machine's profile '{path}' cannot be read: {exception.Message}");
        }
    }

    private static UserErrorException Bad(string path, string what) =>
        new($"The machine's profile '{path}' {what}; write one with 'onnx-curvature calibrate -o FILE'.");

    private sealed record Figure(string Name, Func<MachineProfile, double> Get, Func<MachineProfile, double, MachineProfile> Set);
}
