namespace OnnxCurvature.Files;

/// <summary>A file in a folder of its own, which goes away with this.</summary>
internal sealed class TemporaryModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("onnx-curvature-");

    /// <summary>Writes the file; where <paramref name="write"/> throws, nothing is left.</summary>
    public TemporaryModel(Action<Stream> write)
    {
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

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(_folder.FullName))
            _folder.Delete(recursive: true);
    }
}
