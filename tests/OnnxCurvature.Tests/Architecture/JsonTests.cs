using System.Reflection;
using System.Text.Json.Serialization;
using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Rules of the types that are written as JSON.</summary>
public sealed class JsonTests
{
    /// <summary>The members of a tuple are fields, which are left out without a word unless they are asked for.</summary>
    [Fact]
    public void The_fields_of_a_tuple_are_written()
    {
        var contexts = Contexts().ToArray();
        Assert.Contains(contexts, context => Reached(context).Any(IsTuple));
        Assert.Empty(contexts.Where(context => !IncludesFields(context) && Reached(context).Any(IsTuple)).Select(context => context.Name));
    }

    private static IEnumerable<Type> Contexts() =>
        from assembly in new[] { typeof(CurvatureModel).Assembly, typeof(CommandLine).Assembly }
        from type in assembly.GetTypes()
        where type.IsSubclassOf(typeof(JsonSerializerContext))
        select type;

    private static bool IncludesFields(Type context) =>
        context.GetCustomAttribute<JsonSourceGenerationOptionsAttribute>() is { IncludeFields: true };

    private static bool IsTuple(Type type) => type.IsGenericType && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal);

    /// <summary>The types of all that a context writes, and what they are made of.</summary>
    private static HashSet<Type> Reached(Type context)
    {
        var roots = context
            .GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
            .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!);
        var (reached, next) = (new HashSet<Type>(), new Stack<Type>(roots));
        while (next.TryPop(out var type))
            if (type.HasElementType)
                next.Push(type.GetElementType()!);
            else if (reached.Add(type))
                foreach (var part in type.GetGenericArguments().Concat(IsOwn(type) ? MembersOf(type) : []))
                    next.Push(part);
        return reached;
    }

    private static bool IsOwn(Type type) => type.Namespace?.StartsWith(nameof(OnnxCurvature), StringComparison.Ordinal) == true;

    private static IEnumerable<Type> MembersOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.PropertyType);
}
