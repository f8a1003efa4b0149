using System.Text.RegularExpressions;
using OnnxCurvature.Files;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// A model and the file of weights beside it, of which the move of the model to its place is the one step that commits both. The file of
/// weights has the digest of its contents in its name, so a model that was there before keeps its own weights until then.
/// </summary>
/// <param name="path">The full path of the model.</param>
internal sealed partial class ModelFiles(string path) : IDisposable
{
    private const int DigestDigits = 16;

    private readonly string _path = RealPath.Of(path);
    private PartialFile? _weights;
    private PartialFile? _model;
    private string? _weightPath;

    /// <summary>Writes the file of weights, and gives its name, which the model refers to.</summary>
    /// <param name="write">Writes the contents, and gives their SHA-256 in hexadecimal digits.</param>
    public string WriteWeights(Func<Stream, string> write) =>
        Guarded(() =>
        {
            _weights = new PartialFile(_path + ".data");
            var digest = write(_weights.Stream);
            _weights.Flush();
            _weightPath = $"{_path}.{digest[..DigestDigits]}.data";
            return Path.GetFileName(_weightPath);
        });

    /// <summary>Writes the model.</summary>
    public void WriteModel(Action<Stream> write) =>
        Guarded(() =>
        {
            _model = new PartialFile(_path);
            write(_model.Stream);
            _model.Flush();
            return true;
        });

    /// <summary>Moves both to their places, the model last, and removes weights that models at this place had before.</summary>
    public void Commit() =>
        Guarded(() =>
        {
            _weights?.Move(_weightPath);
            _model!.Move();
            foreach (var old in Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, Path.GetFileName(_path) + ".*.data"))
                if (old != _weightPath && WeightName().IsMatch(old[_path.Length..]))
                    File.Delete(old);
            return true;
        });

    /// <summary>Removes what was not moved.</summary>
    public void Dispose()
    {
        _weights?.Dispose();
        _model?.Dispose();
    }

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(
                $"'{path}' cannot be written ({exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}); make room, check the "
                    + $"permissions of its folder, or name another."
            );
        }
    }

    [GeneratedRegex(@"^\.[0-9a-f]{16}\.data$")]
    private static partial Regex WeightName();
}
