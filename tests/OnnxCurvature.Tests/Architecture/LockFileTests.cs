using System.Text.Json;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Lock files name every package that a project takes, with a digest of its contents.</summary>
public sealed class LockFileTests
{
    public static TheoryData<string, string> Locks =>
        [
            .. from project in Projects()
            from flavor in (string[])["cpu", "gpu"]
            select (Path.GetRelativePath(Repository.Root, project), flavor),
        ];

    [Theory]
    [MemberData(nameof(Locks))]
    public void A_project_has_a_lock_file_for_each_flavor_with_digests_and_no_feed(string project, string flavor)
    {
        var path = Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, $"packages.{flavor}.lock.json");
        var text = File.ReadAllText(path);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(text);
        var packages = document
            .RootElement.GetProperty("dependencies")
            .EnumerateObject()
            .SelectMany(framework => framework.Value.EnumerateObject())
            .Where(package => package.Value.GetProperty("type").GetString() != "Project")
            .ToArray();
        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.NotEmpty(package.Value.GetProperty("contentHash").GetString()!), throwIfEmpty: true);
    }

    private static IEnumerable<string> Projects() =>
        Directory
            .EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "artifacts"))
            .Order(StringComparer.Ordinal);
}
