using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>
/// The outcomes of the models that ONNX publishes, where Debian's package libonnx-testdata is installed. A model gives the same, or what
/// comes of it stands in a list of Goldens.
/// </summary>
internal static class PublishedOutcomes
{
    private const string Folder = "/usr/share/libonnx-testdata/data";

    /// <summary>Compares the outcomes of all published models with a list.</summary>
    /// <param name="list">The name of the file in Goldens.</param>
    /// <param name="outcome">The outcome of the model of a path, in a line; null where it gives the same.</param>
    public static void Check(string list, Func<string, string?> outcome)
    {
        Assert.SkipUnless(Directory.Exists(Folder), "Debian's package libonnx-testdata is not installed.");
        var approved = new ApprovedList(list, parts: 1);
        var models = Directory.GetFiles(Folder, "model.onnx", SearchOption.AllDirectories);
        Assert.NotEmpty(models);
        Assert.All(
            models,
            path =>
            {
                var result = outcome(path);
                Assert.False(result?.StartsWith("differs", StringComparison.Ordinal) ?? false, $"{path} {result}");
                var name = Path.GetRelativePath(Folder, Path.GetDirectoryName(path)!).Replace('\\', '/');
                approved.Check(name, result?.Replace(Folder, "", StringComparison.Ordinal));
            },
            throwIfEmpty: true
        );
    }
}
