using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The value of <c>--data INPUT=FILE</c>.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="Path">The file.</param>
internal sealed record DataArgument(string Input, string Path)
{
    /// <summary>Reads the files. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, NpyArray> Load(IEnumerable<DataArgument> arguments) =>
        arguments.ToDictionary(
            argument => argument.Input,
            argument => argument.Path.EndsWith(".pb", StringComparison.OrdinalIgnoreCase) ? TensorFile.Read(argument.Path) : NpyReader.Read(argument.Path),
            StringComparer.Ordinal);

    /// <summary>Reads the files as tensors. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, Tensor> Tensors(IEnumerable<DataArgument> arguments) =>
        Load(arguments).ToDictionary(
            entry => entry.Key,
            entry => entry.Value.Element.IsFloat()
                ? Tensor.Of(entry.Value.Element, entry.Value.Shape, entry.Value.ToDoubles())
                : Tensor.Of(entry.Value.Element, entry.Value.Shape, entry.Value.ToInt64s()),
            StringComparer.Ordinal);
}
