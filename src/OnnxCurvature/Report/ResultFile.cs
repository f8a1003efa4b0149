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
                cancellation.ThrowIfCancellationRequested();
            }
        );

    /// <summary>
    /// Finds out before hours of work whether a file can be written: throws the <see cref="UserErrorException"/> that
    /// <see cref="Write"/> would throw. What is at the path stays as it is.
    /// </summary>
    public static void CheckWritable(string path)
    {
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
