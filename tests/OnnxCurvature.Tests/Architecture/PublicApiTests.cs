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
