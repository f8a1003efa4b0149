using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The value of <c>--data INPUT=FILE</c>.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="Path">The file.</param>
internal sealed record DataArgument(string Input, string Path)
{
    /// <summary>
    /// How <c>INPUT=FILE</c> can be read, where both may hold further signs of equality: in all ways that name a file that there is, or,
    /// where there is none, with the shortest name of a file. Empty for what is no such text.
    /// </summary>
    public static IEnumerable<DataArgument> Readings(string text)
    {
        DataArgument[] all =
        [
            .. Enumerable
                .Range(1, Math.Max(0, text.Length - 2))
                .Where(at => text[at] == '=')
                .Select(at => new DataArgument(text[..at], text[(at + 1)..])),
        ];
        DataArgument[] existing = [.. all.Where(argument => File.Exists(argument.Path))];
        return existing.Length > 0 ? existing : all.TakeLast(1);
    }

    /// <summary>Reads the files. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, NpyArray> Load(IEnumerable<DataArgument> arguments) =>
        arguments.ToDictionary(
            argument => argument.Input,
            argument =>
                argument.Path.EndsWith(".pb", StringComparison.OrdinalIgnoreCase)
                    ? TensorFile.Read(argument.Path)
                    : NpyReader.Load(argument.Path),
            StringComparer.Ordinal
        );

    /// <summary>Reads the files as tensors. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, Tensor> Tensors(IEnumerable<DataArgument> arguments) =>
        Load(arguments)
            .ToDictionary(
                entry => entry.Key,
                entry =>
                    entry.Value.Element.IsFloat()
                        ? Tensor.Of(entry.Value.Element, entry.Value.Shape, entry.Value.ToDoubles())
                        : Tensor.Of(entry.Value.Element, entry.Value.Shape, entry.Value.ToInt64s()),
                StringComparer.Ordinal
            );
}
