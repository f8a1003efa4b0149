using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>The page of the library's public types and members, which is made from their docstrings.</summary>
public sealed partial class ApiPageTests
{
    private static readonly Assembly Library = typeof(CurvatureModel).Assembly;

    private static readonly Dictionary<string, XElement> Docstrings = XDocument
        .Load(Path.ChangeExtension(Library.Location, ".xml"))
        .Descendants("member")
        .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    private static IEnumerable<Type> Types => Library.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal);

    [Fact]
    public void The_page_of_the_library_says_what_the_docstrings_say()
    {
        var page = new StringBuilder(
            "# Types of the library\n\nThis page is made from the docstrings; [the library](library.md) shows how they are used.\n"
        );
        foreach (var type in Types)
        {
            page.Append($"\n## {NameOf(type)}\n\n`{type.Namespace}`. {Summary($"T:{type.FullName}")}\n");
            var members = MembersOf(type).ToArray();
            if (members.Length == 0)
                continue;
            page.Append("\n| member | |\n|---|---|\n");
            foreach (var (signature, id) in members)
                page.Append($"| `{signature}` | {Summary(id).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
        Golden.MatchPage("src/docs/api.md", page.ToString());
    }

    /// <summary>Members that a type declares itself, with what they are called in the file of docstrings.</summary>
    private static IEnumerable<(string Signature, string Id)> MembersOf(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var members = type.GetMembers(Own).Where(member => Docstrings.ContainsKey(IdOf(member)));
        foreach (var member in members.OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(IdOf, StringComparer.Ordinal))
            switch (member)
            {
                case FieldInfo field:
                    yield return (field.Name, IdOf(field));
                    break;
                case PropertyInfo property when property.GetIndexParameters() is [_, ..] indices:
                    yield return ($"this[{Parameters(indices)}]: {NameOf(property.PropertyType)}", IdOf(property));
                    break;
                case PropertyInfo property:
                    yield return ($"{property.Name}: {NameOf(property.PropertyType)}", IdOf(property));
                    break;
                case MethodInfo { IsSpecialName: false } method:
                    yield return ($"{method.Name}({Parameters(method.GetParameters())}): {NameOf(method.ReturnType)}", IdOf(method));
                    break;
            }
    }

    private static string Parameters(ParameterInfo[] parameters) =>
        string.Join(", ", parameters.Select(parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}"));

    private static string Summary(string id)
    {
        Assert.True(Docstrings.TryGetValue(id, out var member), $"{id} has no docstring");
        // A parameter of a record is a property, too, and has the text of the parameter.
        var text = member!.Element("summary") ?? member.Element("inheritdoc");
        Assert.True(text is not null, $"{id} has no summary");
        return Spaces().Replace(string.Concat(text!.Nodes().Select(TextOf)).Trim(), " ");
    }

    private static string TextOf(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } target =>
                $"`{target.Value.Split('(')[0].Split('.')[^1]}`",
            XElement { Name.LocalName: "paramref" } parameter => $"`{parameter.Attribute("name")!.Value}`",
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement other => string.Concat(other.Nodes().Select(TextOf)),
            _ => "",
        };

    private static string NameOf(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return NameOf(inner) + "?";
        if (type.IsArray)
            return NameOf(type.GetElementType()!) + "[]";
        if (!type.IsGenericType)
            return Keywords.GetValueOrDefault(type, type.Name);
        var name = type.Name.Split('`')[0];
        return $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";
    }

    private static string IdOf(MemberInfo member)
    {
        var owner = member.DeclaringType!.FullName;
        return member switch
        {
            FieldInfo => $"F:{owner}.{member.Name}",
            PropertyInfo property => $"P:{owner}.{property.Name}{Arguments(property.GetIndexParameters())}",
            MethodInfo { IsGenericMethod: true } method =>
                $"M:{owner}.{method.Name}``{method.GetGenericArguments().Length}{Arguments(method.GetParameters())}",
            MethodInfo method => $"M:{owner}.{method.Name}{Arguments(method.GetParameters())}",
            _ => $"T:{owner}.{member.Name}",
        };
    }

    private static string Arguments(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(",", parameters.Select(parameter => IdOf(parameter.ParameterType)))})";

    private static string IdOf(Type type)
    {
        if (type.IsGenericParameter)
            return $"``{type.GenericParameterPosition}";
        if (type.IsArray)
            return IdOf(type.GetElementType()!) + "[]";
        if (!type.IsGenericType)
            return type.FullName!;
        var name = type.GetGenericTypeDefinition().FullName!.Split('`')[0];
        return $"{name}{{{string.Join(",", type.GetGenericArguments().Select(IdOf))}}}";
    }

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(string)] = "string",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(byte)] = "byte",
        [typeof(bool)] = "bool",
        [typeof(void)] = "void",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
