using System.Security.Cryptography;
using System.Text;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>The bytes of augmented files, so that a change of the code that is meant to change no file is seen to change none.</summary>
[Trait("Category", "Slow")]
public sealed class EmittedFileTests
{
    [Fact]
    public void Augmented_files_are_byte_identical_to_the_approved_ones()
    {
        using var folder = new TemporaryFolder();
        var lines = new StringBuilder();
        foreach (var entry in ReferenceTable.All)
        foreach (var profile in Enum.GetValues<AugmentProfile>())
        {
            var path = folder.File("augmented.onnx");
            CurvatureEngine.Augment(entry.ModelPath, entry.Request, path, new AugmentOptions { Embed = true, Profile = profile });
            lines.AppendLine(
                $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))} {entry.Model} {entry.Weight} {profile}"
            );
            File.Delete(path);
        }
        Golden.Match("emitted-files.txt", lines.ToString());
    }
}
