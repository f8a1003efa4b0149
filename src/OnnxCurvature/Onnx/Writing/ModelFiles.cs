using System.Text.RegularExpressions;
using OnnxCurvature.Files;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// A model and the file of weights beside it, of which the move of the model to its place is the one step that commits both. The file of
/// weights has the digest of its contents in its name, so a model that was there before keeps its own weights until then.
/// </summary>
/// <param name="path">The path of the model.</param>
/// <param name="files">The file system that makes and moves the files.</param>
internal sealed partial class ModelFiles(string path, IFileSystem files) : IDisposable
{
    private const int DigestDigits = 16;

    private readonly string _path = PlaceOf(path);
    private PartialFile? _weights;
    private PartialFile? _model;
    private string? _weightPath;

    /// <summary>The folder that the model is put in, without links.</summary>
    public string Folder => Path.GetDirectoryName(_path)!;

    /// <summary>Writes the file of weights, and gives its name, which the model refers to.</summary>
    /// <param name="write">Writes the contents, and gives their SHA-256 in hexadecimal digits.</param>
    public string WriteWeights(Func<Stream, string> write) =>
        Guarded(() =>
        {
            _weights = new PartialFile(_path + ".data", files);
            var digest = write(_weights.Stream);
            _weights.Flush();
            _weightPath = $"{_path}.{digest[..DigestDigits]}.data";
            return Path.GetFileName(_weightPath);
        });

    /// <summary>Writes the model.</summary>
    public void WriteModel(Action<Stream> write) =>
        Guarded(() =>
        {
            _model = new PartialFile(_path, files);
            write(_model.Stream);
            _model.Flush();
            return true;
        });

    /// <summary>Moves both to their places, the model last, and removes weights that models at this place had before.</summary>
    /// <param name="cancellation">Leaves both where they are.</param>
    public void Commit(CancellationToken cancellation) =>
        Guarded(() =>
        {
            cancellation.ThrowIfCancellationRequested();
            _weights?.Move(_weightPath);
            var old = OldWeights();
            _model!.Move();
            foreach (var (path, time) in old)
                Remove(path, time);
            return true;
        });

    /// <summary>
    /// Weights of models that were at this place before, and when they were written. Another process moves its weights while its model is
    /// still a partial file, so that where there is none, all models of these weights have been moved before ours.
    /// </summary>
    private (string Path, DateTime Time)[] OldWeights()
    {
        try
        {
            (string, DateTime)[] old =
            [
                .. Directory
                    .EnumerateFiles(Folder)
                    .Where(path => path != _weightPath && path.StartsWith(_path, StringComparison.Ordinal))
                    .Where(path => WeightName().IsMatch(path[_path.Length..]))
                    .Select(path => (path, File.GetLastWriteTimeUtc(path))),
            ];
            return _model!.HasRivals ? [] : old;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// Removes old weights, if nobody has written the same ones since. The new model is whole without that, so what cannot be removed
    /// stays, and the next write to this place tries again.
    /// </summary>
    private void Remove(string path, DateTime time)
    {
        try
        {
            if (File.GetLastWriteTimeUtc(path) == time)
                files.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // As said above.
        }
    }

    /// <summary>Removes what was not moved.</summary>
    public void Dispose()
    {
        _weights?.Dispose();
        _model?.Dispose();
    }

    private T Guarded<T>(Func<T> action)
    {
        T? result = default;
        AtomicFile.TranslateErrors(path, () => result = action());
        return result!;
    }

    private static string PlaceOf(string path)
    {
        var place = OutputPlace.Of(path);
        return place.IsStream
            ? throw new UserErrorException($"'{path}' is a pipe or a device, and a model is written to a file; name one.")
            : place.Path;
    }

    [GeneratedRegex(@"^\.[0-9a-f]{16}\.data$")]
    private static partial Regex WeightName();
}
