using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>
/// Finds weights that a model keeps in other files. Only files in the model's folder or below it are opened, whatever the model
/// says. Where the model's file is a symbolic link, links beside it may lead to where that one leads, as they do in a cache of downloads.
/// </summary>
internal static class ExternalData
{
    /// <summary>The constant that a tensor with external data stands for. Throws <see cref="UserErrorException"/>.</summary>
    public static MappedConstant Find(string model, TensorProto tensor, TensorType type)
    {
        var entries = tensor
            .ExternalData.GroupBy(entry => entry.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        var what = $"The external data of '{tensor.Name}' in '{model}'";
        var location = entries.GetValueOrDefault("location", "");
        if (location.Length == 0)
            throw new UserErrorException($"{what} has no location.");
        var path = Resolve(model, location, what);
        var file = WeightFile.Of(path);
        var offset = Number("offset") ?? 0;
        var needed = type.Element.Bytes(type.Shape.Elements.Factor);
        var length = Number("length") ?? needed;
        if (length != needed)
            throw new UserErrorException($"{what} is said to be {length} bytes long, but {type} needs {needed}.");
        if (offset > file.Length || file.Length - offset < needed)
            throw new UserErrorException($"{what} needs {needed} bytes at {offset}, but '{location}' is only {file.Length} bytes long.");
        return new MappedConstant(file, offset, needed, type);

        long? Number(string key) =>
            !entries.TryGetValue(key, out var text) ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new UserErrorException($"{what} has the {key} '{text}', which is not a whole number from 0.");
    }

    private static string Resolve(string model, string location, string what)
    {
        if (Path.IsPathRooted(location) || location[0] is '/' or '\\' || location.Contains(':', StringComparison.Ordinal))
            throw new UserErrorException($"{what} has the absolute location '{location}'; only files beside the model are read.");
        if (location.Split('/', '\\').Contains(".."))
            throw new UserErrorException(
                $"{what} lies at '{location}', outside of the model's folder; only files beside the model are read."
            );
        var folder = RealPath.Of(Path.GetDirectoryName(Path.GetFullPath(model))!);
        var path = Path.Combine(folder, location);
        if (!File.Exists(path))
            throw new UserErrorException($"{what} lies in '{location}', and there is no such file beside the model.");
        var real = RealPath.Of(path);
        return IsIn(folder, real) || IsIn(FolderOf(model), real)
            ? real
            : throw new UserErrorException(
                $"{what} lies at '{location}', a link that leaves the model's folder; only files beside the model are read."
            );
    }

    /// <summary>The full path of the folder that holds a file, or the file that a symbolic link leads to.</summary>
    internal static string FolderOf(string path) => Path.GetDirectoryName(RealPath.Of(Path.GetFullPath(path)))!;

    private static bool IsIn(string folder, string file) =>
        file.StartsWith(
            folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar,
            StringComparison.Ordinal
        );
}
