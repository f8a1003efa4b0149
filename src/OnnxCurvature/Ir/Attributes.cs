using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace OnnxCurvature.Ir;

/// <summary>
/// The attributes of a node, ordered by name. A value is a <see cref="long"/>, <see cref="double"/>, <see cref="string"/>,
/// <see cref="ImmutableArray{T}"/> of one of these, <see cref="Tensor"/> or <see cref="Program"/>.
/// </summary>
internal sealed class Attributes
{
    // There are a handful at most, so a sorted list is searched faster than a tree.
    private readonly ImmutableArray<KeyValuePair<string, object>> _items;

    private Attributes(ImmutableArray<KeyValuePair<string, object>> items)
    {
        _items = items;
        Programs = items.Any(item => item.Value is Program) ? [.. items.Select(item => item.Value).OfType<Program>()] : [];
    }

    /// <summary>No attributes.</summary>
    public static Attributes Empty { get; } = new([]);

    /// <summary>Names and values in ordinal order of the names.</summary>
    public IEnumerable<KeyValuePair<string, object>> Items => _items;

    /// <summary>The programs among the values.</summary>
    public ImmutableArray<Program> Programs { get; }

    /// <summary>Whether an attribute is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>These attributes and one more, or one replaced.</summary>
    public Attributes With(string name, object value) =>
        value
            is long
                or double
                or string
                or ImmutableArray<long>
                or ImmutableArray<double>
                or ImmutableArray<string>
                or Ir.Tensor
                or Ir.Program
            ? new(Replaced(name, value))
            : throw new ArgumentException($"An attribute cannot hold a {value.GetType().Name}.", nameof(value));

    /// <summary>These attributes, and one more if there is none of that name.</summary>
    public Attributes WithDefault(string name, object value) => Has(name) ? this : With(name, value);

    /// <summary>These attributes and a list of integers.</summary>
    public Attributes With(string name, IEnumerable<long> values) => With(name, (object)values.ToImmutableArray());

    /// <summary>These attributes without some.</summary>
    public Attributes Without(params IEnumerable<string> names) =>
        new(_items.RemoveAll(item => names.Contains(item.Key, StringComparer.Ordinal)));

    /// <summary>An integer, or the default.</summary>
    public long Int(string name, long fallback) => Find(name) is { } value ? Cast<long>(name, value) : fallback;

    /// <summary>A number, or the default.</summary>
    public double Float(string name, double fallback) => Find(name) is { } value ? Cast<double>(name, value) : fallback;

    /// <summary>A text, or the default.</summary>
    public string Text(string name, string fallback) => Find(name) is { } value ? Cast<string>(name, value) : fallback;

    /// <summary>A list of integers, or null.</summary>
    public ImmutableArray<long>? Ints(string name) => Find(name) is { } value ? Cast<ImmutableArray<long>>(name, value) : null;

    /// <summary>A list of numbers, or null.</summary>
    public ImmutableArray<double>? Floats(string name) => Find(name) is { } value ? Cast<ImmutableArray<double>>(name, value) : null;

    /// <summary>A list of texts, or null.</summary>
    public ImmutableArray<string>? Texts(string name) => Find(name) is { } value ? Cast<ImmutableArray<string>>(name, value) : null;

    /// <summary>A tensor, or null.</summary>
    public Tensor? Tensor(string name) => Find(name) is { } value ? Cast<Tensor>(name, value) : null;

    /// <summary>A program, or null.</summary>
    public Program? Program(string name) => Find(name) is { } value ? Cast<Program>(name, value) : null;

    private object? Find(string name)
    {
        foreach (var (own, value) in _items)
            if (own == name)
                return value;
        return null;
    }

    private ImmutableArray<KeyValuePair<string, object>> Replaced(string name, object value)
    {
        var at = 0;
        while (at < _items.Length && string.CompareOrdinal(_items[at].Key, name) < 0)
            at++;
        var item = KeyValuePair.Create(name, value);
        return at < _items.Length && _items[at].Key == name ? _items.SetItem(at, item) : _items.Insert(at, item);
    }

    private static T Cast<T>(string name, object value) =>
        value is T typed
            ? typed
            : throw new FormatException($"The attribute '{name}' holds a {value.GetType().Name} where a {typeof(T).Name} is expected.");

    /// <summary>A text that is equal for equal attributes; programs and tensors are equal only when they are the same object.</summary>
    public string Key(Func<object, int> identity)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _items)
            text.Append(name)
                .Append('=')
                .Append(value is Ir.Tensor or Ir.Program ? "#" + identity(value).ToString(CultureInfo.InvariantCulture) : Format(value))
                .Append(';');
        return text.ToString();
    }

    /// <summary>How listings show a value.</summary>
    public static string Format(object value) =>
        value switch
        {
            long number => number.ToString(CultureInfo.InvariantCulture),
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            string text => $"\"{text}\"",
            ImmutableArray<long> list => "[" + string.Join(",", list.Select(item => item.ToString(CultureInfo.InvariantCulture))) + "]",
            ImmutableArray<double> list => "["
                + string.Join(",", list.Select(item => item.ToString("R", CultureInfo.InvariantCulture)))
                + "]",
            ImmutableArray<string> list => "[" + string.Join(",", list.Select(item => $"\"{item}\"")) + "]",
            Ir.Tensor tensor => tensor.Type.ToString(),
            Ir.Program => "program",
            _ => throw new ArgumentException($"An attribute cannot hold a {value.GetType().Name}.", nameof(value)),
        };
}
