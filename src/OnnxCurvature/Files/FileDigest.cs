using System.Security.Cryptography;

namespace OnnxCurvature.Files;

/// <summary>SHA-256 digests of files, by which a file is known that another refers to.</summary>
internal static class FileDigest
{
    /// <summary>The digest of a file, in hexadecimal digits. Throws <see cref="IOException"/> where it cannot be read.</summary>
    public static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>The line of a list for a file.</summary>
    public static string Line(string digest, string location) => $"{digest}  {location}";

    /// <summary>
    /// Compares the files of a list with their digests. Throws <see cref="UserErrorException"/> for one that is another than when the list
    /// was made. Sizes and times prove nothing: a file that replaces another can have both.
    /// </summary>
    /// <param name="model">The model that refers to the files.</param>
    /// <param name="list">Lines of <see cref="Line"/>; locations are relative to the model's folder.</param>
    public static void Check(string model, string list)
    {
        foreach (var line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split("  ", 2) is not [{ Length: 64 } digest, { Length: > 0 } location])
                throw new UserErrorException(
                    $"The metadata of '{model}' list the files of its weights in lines that cannot be read; write it again with augment."
                );
            var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model))!, location);
            if (File.Exists(path) && Of(path) != digest)
                throw new UserErrorException(
                    $"'{location}' has other contents than when '{model}' was written, which takes weights from it; put the old file "
                        + $"back, or write '{Path.GetFileName(model)}' again with augment."
                );
        }
    }
}
