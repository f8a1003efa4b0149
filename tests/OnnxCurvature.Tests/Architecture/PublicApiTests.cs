using PublicApiGenerator;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>What programs may use of the library: all else is internal, and can change from version to version.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_types_and_members_are_as_approved() =>
        Golden.Match(
            "public-api.txt",
            typeof(CurvatureModel).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }) + "\n"
        );
}
