using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>The types that programs may use of the library: all else is internal, and can change from version to version.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_types_and_members_are_as_approved() =>
        Golden.Match(
            "public-api.txt",
            typeof(CurvatureModel).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }) + "\n"
        );

    [Fact]
    public void Every_public_type_is_named_by_a_member_of_the_front_door_or_is_an_exception()
    {
        var library = typeof(CurvatureModel).Assembly;
        var named = new HashSet<Type>();
        var next = new Queue<Type>(library.GetExportedTypes().Where(type => type.Namespace == nameof(OnnxCurvature)));
        while (next.TryDequeue(out var type))
            if (type.HasElementType)
                next.Enqueue(type.GetElementType()!);
            else if (named.Add(type))
                foreach (var part in type.GetGenericArguments().Concat(type.Assembly == library ? TypesOf(type) : []))
                    next.Enqueue(part);
        var others = library.GetExportedTypes().Where(type => !named.Contains(type) && !type.IsAssignableTo(typeof(Exception)));
        Assert.Equal([], others.Select(type => type.FullName));
    }

    /// <summary>The first table is that of the front door, and the second that of the analyses.</summary>
    [Fact]
    public void The_page_of_the_library_lists_every_public_type_and_thirty_make_the_front_door()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "library.md"));
        var tables = page.Split("\n| types |").Skip(1).ToArray();
        Assert.Equal(2, tables.Length);
        var types = typeof(CurvatureModel).Assembly.GetExportedTypes();
        var ofAnalyses = types.Where(type =>
            type == typeof(CurvatureDecisions) || type.Namespace!.StartsWith("OnnxCurvature.Analysis", StringComparison.Ordinal)
        );
        Assert.Equal(Names(types.Except(ofAnalyses)), Listed(tables[0]));
        Assert.Equal(Names(ofAnalyses), Listed(tables[1]));
        Assert.InRange(Listed(tables[0]).Count(), 1, 30);

        static IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(type => type.Name).Order(StringComparer.Ordinal);

        static IEnumerable<string> Listed(string table) =>
            table
                .Split("\n\n")[0]
                .Split('\n')
                .Where(row => row.StartsWith("| `", StringComparison.Ordinal))
                .SelectMany(row => row.Split('|')[1].Split(',', StringSplitOptions.TrimEntries))
                .Select(name => name.Trim('`'))
                .Order(StringComparer.Ordinal);
    }

    private static IEnumerable<Type> TypesOf(Type type)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetProperties(Public)
            .Select(property => property.PropertyType)
            .Concat(type.GetMethods(Public).SelectMany(TypesOf))
            .Concat(type.GetConstructors(Public).SelectMany(TypesOf));
    }

    private static IEnumerable<Type> TypesOf(MethodBase method) =>
        method
            .GetParameters()
            .Select(parameter => parameter.ParameterType)
            .Concat(method is MethodInfo { ReturnType: var type } ? [type] : []);
}
