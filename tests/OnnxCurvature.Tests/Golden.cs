using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests;

/// <summary>Approved texts in Goldens/. They are rewritten only where UPDATE_GOLDENS is 1.</summary>
internal static class Golden
{
    /// <summary>Compares a text with the approved one, whatever the line endings.</summary>
    public static void Match(string name, string text) => MatchPage($"tests/OnnxCurvature.Tests/Goldens/{name}", text);

    /// <summary>Compares a text with a file of the repository that is made from it.</summary>
    public static void MatchPage(string file, string text)
    {
        var path = Path.Combine([Repository.Root, .. file.Split('/')]);
        var actual = text.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }
        Assert.True(File.Exists(path), $"There is no approved text '{path}'; look at what is new, and run with UPDATE_GOLDENS=1.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
