using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>References between folders are found in texts.</summary>
public sealed class SourceFoldersTests
{
    private static readonly SourceFolders Folders = new(
        "",
        ["Ops/Catalogue.cs", "Ops/Rules/Pullback.cs", "Ir/Node.cs", "Methods/Paths/TargetPath.cs", "Methods/Planner.cs"]
    );

    [Theory]
    [InlineData("using OnnxCurvature.Ops;", "Ops")]
    [InlineData("using OnnxCurvature.Ops.Rules;", "Ops/Rules")]
    [InlineData("var all = OnnxCurvature.Ops.Catalogue.All;", "Ops")]
    [InlineData("var all = Ops.Catalogue.All;", "Ops")]
    [InlineData("Ops.Rules.Pullback.Run(b);", "Ops/Rules")]
    // Types of an enclosing namespace are seen without a using.
    [InlineData("new Planner(model);", "Methods")]
    public void References_are_found_in_usings_names_and_enclosing_namespaces(string text, string folder) =>
        Assert.Equal([folder], Folders.ReferencesOf("Methods/Paths/Other.cs", text));

    [Theory]
    [InlineData("node.Ops.Catalogue()")]
    [InlineData("Ops.Count")]
    [InlineData("using OnnxCurvature;")]
    [InlineData("path.Planner")]
    [InlineData("// see Planner")]
    [InlineData("var text = \"Planner\";")]
    [InlineData("new TargetPath()")]
    public void A_name_shared_with_a_folder_or_type_is_no_reference(string text) =>
        Assert.Empty(Folders.ReferencesOf("Methods/Paths/Other.cs", text));
}
