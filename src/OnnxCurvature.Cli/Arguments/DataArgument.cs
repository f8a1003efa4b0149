using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The value of <c>--data INPUT=FILE…</c>.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="Patterns">The files: paths, folders, and paths with the signs * and ?.</param>
internal sealed record DataArgument(string Input, ImmutableArray<string> Patterns)
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
                .Select(at => new DataArgument(text[..at], [text[(at + 1)..]])),
        ];
        DataArgument[] existing = [.. all.Where(argument => FilePattern.Exists(argument.Patterns[0]))];
        return existing.Length > 0 ? existing : all.TakeLast(1);
    }

    /// <summary>Opens the files. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, DataSource> Open(IEnumerable<DataArgument> arguments, IProgress<RunProgress> progress) =>
        arguments.ToDictionary(
            argument => argument.Input,
            argument => DataSource.Open(argument.Patterns, progress.Reading),
            StringComparer.Ordinal
        );

    /// <summary>Reads the files as tensors. Throws <see cref="UserErrorException"/> where one cannot be read.</summary>
    public static IReadOnlyDictionary<string, Tensor> Tensors(IEnumerable<DataArgument> arguments, IProgress<RunProgress> progress) =>
        arguments.ToDictionary(argument => argument.Input, argument => TensorOf(argument.Patterns[0], progress), StringComparer.Ordinal);

    private static Tensor TensorOf(string path, IProgress<RunProgress> progress)
    {
        progress.Reading(path);
        var array = path.EndsWith(".pb", StringComparison.OrdinalIgnoreCase) ? TensorFile.Read(path) : NpyReader.Read(path);
        return array.Element.IsFloat()
            ? Tensor.Of(array.Element, array.Shape, array.ToDoubles())
            : Tensor.Of(array.Element, array.Shape, array.ToInt64s());
    }
}
