using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>The names that are visible in a graph, in the body of a loop or branch, or in a function.</summary>
/// <param name="builder">The builder of the nodes.</param>
/// <param name="parent">The scope around this one; null for the graph and for functions, which see nothing outside.</param>
/// <param name="opsets">The opsets of the domains.</param>
/// <param name="depth">How many bodies and functions are around this one.</param>
internal sealed class Scope(GraphBuilder builder, Scope? parent, IReadOnlyDictionary<string, int> opsets, int depth)
{
    private readonly Dictionary<string, Value?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ListValue> _lists = new(StringComparer.Ordinal);
    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);

    /// <summary>The builder of the nodes.</summary>
    public GraphBuilder Builder => builder;

    /// <summary>The opsets of the domains.</summary>
    public IReadOnlyDictionary<string, int> Opsets => opsets;

    /// <summary>How many bodies and functions are around this one.</summary>
    public int Depth => depth;

    /// <summary>The values of this scope by name, without those whose type is not known.</summary>
    public IEnumerable<KeyValuePair<string, Value>> Values => _values.Where(entry => entry.Value is not null)!;

    /// <summary>In a function: the name in the whole model of a value that the function names, else the same name.</summary>
    public Func<string, string> FullName { get; init; } = name => name;

    /// <summary>Whether this is a body that is written out, perhaps more than once, so that what is constant in it is shared.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>In a function: the attributes of the call, by which references to them are replaced.</summary>
    public IReadOnlyDictionary<string, AttributeProto>? Arguments { get; init; }

    /// <summary>Gives a value a name; null for a value whose type is not known. False where the name is taken.</summary>
    public bool Define(string name, Value? value) => !_lists.ContainsKey(name) && _values.TryAdd(name, value);

    /// <summary>Gives a sequence or an optional value a name. False where the name is taken.</summary>
    public bool DefineList(string name, ListValue list) => !_values.ContainsKey(name) && _lists.TryAdd(name, list);

    /// <summary>The sequence or optional value of a name here or around, or null.</summary>
    public ListValue? FindList(string name)
    {
        for (var scope = this; scope is not null && !scope._values.ContainsKey(name); scope = scope.Parent)
            if (scope._lists.TryGetValue(name, out var list))
                return list;
        return null;
    }

    /// <summary>Says that an optional input of a function was left out.</summary>
    public void LeaveOut(string name) => _leftOut.Add(name);

    /// <summary>Whether a name is that of an optional input that was left out.</summary>
    public bool IsLeftOut(string name) => _leftOut.Contains(name) || parent?.IsLeftOut(name) == true;

    /// <summary>Finds a value here or around; it may be null where its type is not known.</summary>
    public bool Find(string name, out Value? value)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
            if (scope._values.TryGetValue(name, out value))
                return true;
        value = null;
        return false;
    }

    private Scope? Parent => parent;
}
