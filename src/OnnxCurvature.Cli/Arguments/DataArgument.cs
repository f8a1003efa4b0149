using OnnxCurvature.Files;
using OnnxCurvature.Onnx;

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
}
