using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Report;

/// <summary>
/// The file of a result, with each tensor under its name, and with what the result is of (<c>about.json</c>): a .npz; a .safetensors, whose
/// metadata hold it as <c>about</c>; or a folder of .npy files, for results that are too large for one file.
/// </summary>
internal static class ResultFile
{
    private const string Safetensors = ".safetensors";

    /// <summary>
    /// Writes the file, whole or not at all. Throws <see cref="UserErrorException"/> where that is not possible, and
    /// <see cref="OperationCanceledException"/> with nothing written where <paramref name="cancellation"/> asks for it.
    /// </summary>
    public static void Write(string path, CurvatureResult result, CancellationToken cancellation = default) =>
        Write(path, result, SystemFiles.Instance, cancellation);

    /// <summary>Writes the file by way of a file system.</summary>
    internal static void Write(string path, CurvatureResult result, IFileSystem files, CancellationToken cancellation)
    {
        if (IsFolder(path))
            WholeFolder.Write(path, folder => WriteFolder(folder, result, cancellation));
        else
            AtomicFile.Write(path, stream => Write(stream, path, result, cancellation), files, cancellation);
    }

    /// <summary>
    /// Finds out before hours of work whether a file can be written: throws the <see cref="UserErrorException"/> that
    /// <see cref="Write(string, CurvatureResult, CancellationToken)"/> would throw. A file at the path stays as it is.
    /// </summary>
    public static void CheckWritable(string path)
    {
        if (IsFolder(path))
            WholeFolder.Check(path);
        else
            AtomicFile.CheckWritable(path, SystemFiles.Instance);
    }

    /// <summary>Whether a path names a folder to be written: it ends as one.</summary>
    public static bool IsFolder(string path) => Path.EndsInDirectorySeparator(path);

    private static void Write(Stream stream, string path, CurvatureResult result, CancellationToken cancellation)
    {
        if (path.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase))
        {
            (string, ElementType, IReadOnlyList<long>, RealArray)[] tensors =
            [
                .. result.Tensors.Select(tensor => (tensor.Name, tensor.Element, (IReadOnlyList<long>)tensor.Shape, tensor.Numbers)),
            ];
            SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["about"] = ResultAbout.Of(result) });
            return;
        }
        using var writer = new NpzWriter(stream);
        foreach (var tensor in result.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            writer.Add(tensor.Name, tensor.Element, tensor.Shape.AsSpan(), tensor.Numbers);
        }
        writer.AddText(ResultAbout.Name, ResultAbout.Of(result));
    }

    private static void WriteFolder(string folder, CurvatureResult result, CancellationToken cancellation)
    {
        foreach (var tensor in result.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            AtomicFile.Write(
                Path.Combine(folder, FileOf(tensor)),
                stream => NpyWriter.Write(stream, tensor.Element, tensor.Shape.AsSpan(), tensor.Numbers)
            );
        }
        AtomicFile.Write(
            Path.Combine(folder, ResultAbout.Name),
            stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(ResultAbout.Of(result, FileOf)))
        );
    }

    /// <summary>The file of a tensor in a folder. Signs that no name of a file may hold stand as their codes, as in addresses.</summary>
    private static string FileOf(ResultTensor tensor) =>
        $"{tensor.Name.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)}.npy";
}
