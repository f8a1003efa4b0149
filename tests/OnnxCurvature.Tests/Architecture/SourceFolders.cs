using System.Text.RegularExpressions;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>
/// The folders of a library and the references between them. A namespace is called after its folder, and a file after its type, so
/// the text of the sources shows both. The folder of the library itself is the empty string.
/// </summary>
public sealed partial class SourceFolders
{
    private const string Root = "OnnxCurvature";

    private readonly string _library;
    private readonly HashSet<string> _folders;
    private readonly ILookup<string, string> _types;

    /// <summary>Takes the files of a library, relative to its folder.</summary>
    public SourceFolders(string library, IEnumerable<string> files)
    {
        _library = library;
        Files = [.. files];
        _folders = [.. Files.Select(FolderOf)];
        _types = Files.ToLookup(FolderOf, file => Path.GetFileName(file).Split('.')[0]);
    }

    /// <summary>The files, relative to the library's folder.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>All folders that hold files.</summary>
    public IEnumerable<string> All => _folders;

    /// <summary>The folder of a file.</summary>
    public static string FolderOf(string file) => file[..Math.Max(0, file.LastIndexOf('/'))];

    /// <summary>The other folders that a file refers to.</summary>
    public IEnumerable<string> ReferencesOf(string file) => ReferencesOf(file, File.ReadAllText(Path.Combine(_library, file)));

    /// <summary>
    /// The other folders that the text of a file refers to: by usings, by qualified names, or as C# sees enclosing namespaces.
    /// </summary>
    public IEnumerable<string> ReferencesOf(string file, string text)
    {
        var own = FolderOf(file);
        var code = NoCode().Replace(text, " ");
        var usings = Using().Matches(code).Select(match => match.Groups[1].Value.Replace('.', '/'));
        var qualified = Qualified().Matches(code).SelectMany(match => Prefixes(match.Value)).Where(_folders.Contains);
        var words = Word().Matches(code).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var enclosing = Ancestors(own).Where(folder => _types[folder].Any(words.Contains));
        return usings.Concat(qualified).Concat(enclosing).Where(folder => folder != own && _folders.Contains(folder)).Distinct();
    }

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var end = folder.LastIndexOf('/'); end > 0; end = folder.LastIndexOf('/', end - 1))
            yield return folder[..end];
    }

    /// <summary>The folders that a qualified name may name, where a type or a folder follows that lies in it.</summary>
    private IEnumerable<string> Prefixes(string name)
    {
        var parts = name.Split('.');
        var first = parts[0] == Root ? 1 : 0;
        for (var end = first + 1; end < parts.Length; end++)
        {
            var folder = string.Join('/', parts[first..end]);
            if (_types[folder].Contains(parts[end]))
                yield return folder;
        }
    }

    [GeneratedRegex(@"//[^\n]*|""(?:[^""\\\n]|\\.)*""|(?<=^|\n)namespace [^;]*;")]
    private static partial Regex NoCode();

    [GeneratedRegex(@"(?<=^|\n)using (?:static )?OnnxCurvature\.([\w.]+);")]
    private static partial Regex Using();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(?:\.[A-Z]\w*)+")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Word();
}
