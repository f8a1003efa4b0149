using System.Text.RegularExpressions;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Which folder of the library may refer to which, read off the source text.</summary>
public sealed partial class LayeringTests
{
    private const string Library = "src/OnnxCurvature";

    // The files directly in the library's folder are its public face, and may use everything.
    private static readonly Dictionary<string, string[]> Uses = new()
    {
        ["Ir"] = [],
        ["Files"] = ["Ir"],
        ["Ops"] = ["Ir"],
        ["Transforms"] = ["Ir", "Ops"],
        ["Passes"] = ["Ir", "Ops"],
        ["Methods"] = ["Ir", "Ops", "Transforms", "Passes"],
        ["Onnx"] = ["Ir", "Ops", "Files"],
        ["Runtime"] = ["Ir", "Ops", "Transforms", "Passes", "Methods", "Onnx", "Files"],
        ["Report"] = ["Ir", "Methods", "Runtime", "Files"],
    };

    [Fact]
    public void Every_folder_of_the_library_has_a_place_in_the_layering() =>
        Assert.Empty(Repository.SourcesBelow(Library).Where(file => file.Contains('/', StringComparison.Ordinal)).Select(FolderOf).Distinct().Except(Uses.Keys));

    [Fact]
    public void A_folder_refers_only_to_the_folders_below_it()
    {
        var sources = Repository.SourcesBelow(Library).ToArray();
        var members = MembersOf(sources);
        Assert.Empty(
            from file in sources
            where Uses.ContainsKey(FolderOf(file))
            from used in References(Read($"{Library}/{file}"), members)
            where used != FolderOf(file) && !Uses[FolderOf(file)].Contains(used)
            select $"{file} refers to {used}");
    }

    [Fact]
    public void Only_Onnx_sees_protobuf() => OnlyIn("Onnx/", "Google.Protobuf", "Onnx.Proto");

    [Fact]
    public void Only_Runtime_sees_ONNX_Runtime() => OnlyIn("Runtime/", "Microsoft.ML.OnnxRuntime");

    [Theory]
    [InlineData("using OnnxCurvature.Ops;")]
    [InlineData("using OnnxCurvature.Ops.Rules;")]
    [InlineData("var all = OnnxCurvature.Ops.Unknown.All;")]
    [InlineData("var all = Ops.Catalogue.All;")]
    public void References_are_found_in_usings_and_in_qualified_names(string source) =>
        Assert.Equal(["Ops"], References(source, MembersOf(["Ops/Catalogue.cs"])));

    [Theory]
    [InlineData("node.Ops.Catalogue()")]
    [InlineData("Ops.Count")]
    [InlineData("using OnnxCurvature;")]
    public void Members_that_share_the_name_of_a_folder_are_no_references(string source) =>
        Assert.Empty(References(source, MembersOf(["Ops/Catalogue.cs"])));

    private static void OnlyIn(string folder, params string[] names)
    {
        var sources = Repository.SourcesBelow("src").Where(file => !file.StartsWith($"OnnxCurvature/{folder}", StringComparison.Ordinal));
        Assert.Empty(
            from file in sources
            let text = Read($"src/{file}")
            from name in names
            where text.Contains(name, StringComparison.Ordinal)
            select $"{file} mentions {name}");
    }

    /// <summary>The folders that a source text names, either in full or, as C# allows within the library, by their last part.</summary>
    private static IEnumerable<string> References(string source, ILookup<string, string> members) =>
        (from match in QualifiedName().Matches(source)
         let folder = match.Groups["folder"].Value
         where Uses.ContainsKey(folder) && (match.Groups["root"].Success || members[folder].Contains(match.Groups["member"].Value))
         select folder).Distinct();

    /// <summary>By folder, the types and namespaces directly in it, as its files and folders are called after them.</summary>
    private static ILookup<string, string> MembersOf(IEnumerable<string> files) =>
        files.Select(file => file.Split('/')).Where(parts => parts.Length > 1).ToLookup(parts => parts[0], parts => parts[1].Split('.')[0]);

    private static string FolderOf(string file) => file[..Math.Max(0, file.IndexOf('/', StringComparison.Ordinal))];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"(?<![\w.])(?<root>OnnxCurvature\.)?(?<folder>[A-Z]\w*)\b(?:\.(?<member>\w+))?")]
    private static partial Regex QualifiedName();
}
