using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Report;

/// <summary>The file of a result: a .npz with a member for each tensor, under the tensor's name.</summary>
public static class ResultFile
{
    /// <summary>
    /// Writes the file, whole or not at all. Throws <see cref="UserErrorException"/> where that is not possible, and
    /// <see cref="OperationCanceledException"/> with nothing written where <paramref name="cancellation"/> asks for it.
    /// </summary>
    public static void Write(string path, CurvatureResult result, CancellationToken cancellation = default) =>
        Write(path, result, SystemFiles.Instance, cancellation);

    /// <summary>Writes the file by way of a file system.</summary>
    internal static void Write(string path, CurvatureResult result, IFileSystem files, CancellationToken cancellation) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new NpzWriter(stream);
                foreach (var tensor in result.Tensors)
                {
                    cancellation.ThrowIfCancellationRequested();
                    writer.Add(tensor.Name, tensor.Element, tensor.Shape.AsSpan(), tensor.Values);
                }
            },
            files,
            cancellation
        );

    /// <summary>
    /// Finds out before hours of work whether a file can be written: throws the <see cref="UserErrorException"/> that
    /// <see cref="Write(string, CurvatureResult, CancellationToken)"/> would throw. What is at the path stays as it is.
    /// </summary>
    public static void CheckWritable(string path)
    {
        // To open a pipe and close it would end what reads from it.
        if (OutputPlace.Of(path).IsStream)
            return;
        try
        {
            AtomicFile.Write(path, _ => throw new OperationCanceledException());
        }
        catch (OperationCanceledException)
        {
            // The partial file could be made, and is gone again.
        }
    }
}
