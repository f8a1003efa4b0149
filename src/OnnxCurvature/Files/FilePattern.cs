using System.IO.Enumeration;

namespace OnnxCurvature.Files;

/// <summary>A file that a user named, and where it is an archive the array in it.</summary>
/// <param name="Path">The path.</param>
/// <param name="Member">The name of the array in a .npz file; null for its only one, and for other files.</param>
internal readonly record struct NamedFile(string Path, string? Member)
{
    /// <summary>How the file is named in messages.</summary>
    public override string ToString() => Member is null ? $"'{Path}'" : $"'{Path}:{Member}'";
}

/// <summary>
/// The files that a pattern stands for: a file, <c>FILE.npz:ARRAY</c>, a folder, or a path with the signs * and ? in any of its parts.
/// </summary>
internal static class FilePattern
{
    private const string ArchiveSuffix = ".npz";
    private static readonly string[] Suffixes = [".npy", ArchiveSuffix, ".pb"];

    /// <summary>
    /// The files, in natural order within the pattern. Throws <see cref="UserErrorException"/> where there are none.
    /// </summary>
    public static IReadOnlyList<NamedFile> Expand(string pattern)
    {
        if (File.Exists(pattern))
            return [new NamedFile(pattern, null)];
        var (path, member) = Split(pattern);
        if (File.Exists(path))
            return [new NamedFile(path, member)];
        if (Directory.Exists(path))
            return Folder(path, member);
        if (!path.AsSpan().ContainsAny('*', '?'))
            // To open it gives the error.
            return [new NamedFile(path, member)];
        var found = Matches(path).Where(IsArray).Order(NaturalOrder.Instance).ToArray();
        return found.Length > 0
            ? [.. found.Select(file => new NamedFile(file, IsArchive(file) ? member : null))]
            : throw new UserErrorException($"No .npy, .npz or .pb file is named as '{path}' says; check the path and its signs * and ?.");
    }

    /// <summary>Whether a pattern names anything that is there.</summary>
    public static bool Exists(string pattern) =>
        Split(pattern) is var (path, _)
        && (
            File.Exists(pattern)
            || File.Exists(path)
            || Directory.Exists(path)
            || path.AsSpan().ContainsAny('*', '?') && Matches(path).Any()
        );

    /// <summary>A path, and the array of an archive that may stand behind it.</summary>
    private static (string Path, string? Member) Split(string pattern)
    {
        var at = pattern.LastIndexOf($"{ArchiveSuffix}:", StringComparison.OrdinalIgnoreCase);
        if (at >= 0 && at + ArchiveSuffix.Length + 1 < pattern.Length)
            return (pattern[..(at + ArchiveSuffix.Length)], pattern[(at + ArchiveSuffix.Length + 1)..]);
        return (pattern, null);
    }

    private static NamedFile[] Folder(string path, string? member)
    {
        var files = Directory.EnumerateFiles(path).Where(IsArray).Order(NaturalOrder.Instance).ToArray();
        return files.Length > 0
            ? [.. files.Select(file => new NamedFile(file, member))]
            : throw new UserErrorException($"The folder '{path}' holds no .npy, .npz or .pb file; name one that does.");
    }

    private static bool IsArray(string path) => Suffixes.Any(suffix => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    private static bool IsArchive(string path) => path.EndsWith(ArchiveSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The files that a path with signs stands for; a sign stands for no separator of folders.</summary>
    private static IEnumerable<string> Matches(string path)
    {
        var parts = path.Split(System.IO.Path.DirectorySeparatorChar);
        IEnumerable<string> found = [parts[0].Length == 0 ? "/" : ""];
        foreach (var (index, part) in parts.Index())
        {
            if (part.Length == 0)
                continue;
            var isLast = index == parts.Length - 1;
            found = part.AsSpan().ContainsAny('*', '?')
                ? found.SelectMany(folder => Entries(folder, part, isLast))
                : found.Select(folder => System.IO.Path.Combine(folder, part));
        }
        return found.Where(File.Exists);
    }

    private static IEnumerable<string> Entries(string folder, string part, bool files)
    {
        var place = folder.Length == 0 ? "." : folder;
        if (!Directory.Exists(place))
            return [];
        return (files ? Directory.EnumerateFiles(place) : Directory.EnumerateDirectories(place))
            .Select(entry => System.IO.Path.GetFileName(entry))
            // Hidden files are left out, as shells leave them out.
            .Where(name => FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false) && (name[0] != '.' || part[0] == '.'))
            .Select(name => System.IO.Path.Combine(folder, name));
    }
}
