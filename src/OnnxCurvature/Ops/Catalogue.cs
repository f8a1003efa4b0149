using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>All operators that the compiler knows, one instance each, found among the types of this assembly.</summary>
internal static class Catalogue
{
    private const string Kept = "A native program keeps the whole of this assembly.";

    private static readonly FrozenDictionary<(string Domain, string Name), Operator> Operators = Found()
        .ToFrozenDictionary(op => (op.Domain, op.Name));

    /// <summary>All operators, ordered by domain and name.</summary>
    public static IEnumerable<Operator> All =>
        Operators.Values.OrderBy(op => op.Domain, StringComparer.Ordinal).ThenBy(op => op.Name, StringComparer.Ordinal);

    /// <summary>The operator of a name, or null.</summary>
    public static Operator? Find(string domain, string name) => Operators.GetValueOrDefault((domain == "ai.onnx" ? "" : domain, name));

    /// <summary>The operator of a class.</summary>
    public static T Get<T>()
        where T : Operator => Instance<T>.Value;

    /// <summary>The operator of a node, with its rules.</summary>
    public static Operator Rules(this Node node) => (Operator)node.Operator;

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Kept)]
    [UnconditionalSuppressMessage("Trimming", "IL2067", Justification = Kept)]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Kept)]
    private static IEnumerable<Operator> Found() =>
        Assembly
            .GetExecutingAssembly()
            .GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Operator)) && !type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (Operator)Activator.CreateInstance(type)!);

    private static class Instance<T>
        where T : Operator
    {
        public static readonly T Value = (T)Operators.Values.Single(op => op.GetType() == typeof(T));
    }
}
