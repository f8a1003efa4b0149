using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Files;

namespace OnnxCurvature.Tests.References;

/// <summary>Runs a file on ONNX Runtime as anyone would, without code of the compiler.</summary>
internal static class PlainSession
{
    /// <summary>All outputs, by name, for these inputs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="data">The data of the inputs.</param>
    /// <param name="asWritten">Whether nodes run as they are written, without what ONNX Runtime makes of several together.</param>
    internal static Dictionary<string, double[]> Run(string path, IReadOnlyDictionary<string, NpyArray> data, bool asWritten = false)
    {
        using var options = new SessionOptions();
        if (asWritten)
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        using var session = new InferenceSession(path, options);
        var feeds = session
            .InputNames.Select(name =>
                session.InputMetadata[name].ElementDataType switch
                {
                    TensorElementType.Int64 => NamedOnnxValue.CreateFromTensor(
                        name,
                        new DenseTensor<long>(data[name].ToInt64s(), Sizes(data[name]))
                    ),
                    TensorElementType.Double => NamedOnnxValue.CreateFromTensor(
                        name,
                        new DenseTensor<double>(data[name].ToDoubles(), Sizes(data[name]))
                    ),
                    _ => NamedOnnxValue.CreateFromTensor(
                        name,
                        new DenseTensor<float>(Array.ConvertAll(data[name].ToDoubles(), value => (float)value), Sizes(data[name]))
                    ),
                }
            )
            .ToArray();
        using var results = session.Run(feeds);
        return results.ToDictionary(
            result => result.Name,
            result =>
                session.OutputMetadata[result.Name].ElementDataType switch
                {
                    TensorElementType.Double => result.AsEnumerable<double>().ToArray(),
                    TensorElementType.Int64 => [.. result.AsEnumerable<long>().Select(value => (double)value)],
                    _ => [.. result.AsEnumerable<float>().Select(value => (double)value)],
                }
        );
    }

    private static int[] Sizes(NpyArray array) => Array.ConvertAll(array.Shape, size => (int)size);
}
