using System.Text.RegularExpressions;

namespace OnnxCurvature.Files;

/// <summary>A model that a program gave as bytes: a file in a folder of its own, which goes away with this.</summary>
internal sealed partial class TemporaryModel : IDisposable
{
    private const string Prefix = "onnx-curvature-bytes-of-";

    private readonly DirectoryInfo _folder;

    private TemporaryModel(string origin, Action<Stream> write)
    {
        _folder = Directory.CreateTempSubdirectory($"{Prefix}{origin}-");
        try
        {
            using var file = File.Create(Path);
            write(file);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file's path.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "model.onnx");

    /// <summary>Writes what a stream holds; where it cannot be read, nothing is left.</summary>
    public static TemporaryModel Of(Stream stream) => new("stream", stream.CopyTo);

    /// <summary>Writes what lies in memory.</summary>
    public static TemporaryModel Of(ReadOnlyMemory<byte> bytes) => new("memory", file => file.Write(bytes.Span));

    /// <summary>Whether a file is that of such a model, so that nothing that lasts may refer to it.</summary>
    public static bool Holds(string path) => Quoted().IsMatch($"'{path}'");

    /// <summary>A sentence that names the stream or the memory in place of the file, of which the program knows nothing.</summary>
    public static string Translate(string sentence) =>
        Quoted()
            .Replace(
                sentence,
                match => $"{(match.Index == 0 ? "The" : "the")} {(match.Groups[1].Value == "stream" ? "stream" : "model in memory")}"
            );

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(_folder.FullName))
            _folder.Delete(recursive: true);
    }

    [GeneratedRegex($@"'[^']*[/\\]{Prefix}(stream|memory)-\w+[/\\]model\.onnx'")]
    private static partial Regex Quoted();
}
