using System.Globalization;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>Names, none of which is given twice.</summary>
internal sealed class UniqueNames
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _last = new(StringComparer.Ordinal);

    /// <summary>Takes a name; false where something has it already.</summary>
    public bool Take(string name) => _used.Add(name);

    /// <summary>A name that nothing has yet: the given one, or one with a number after it.</summary>
    public string Of(string name)
    {
        if (Take(name))
            return name;
        var number = _last.GetValueOrDefault(name, 1);
        string numbered;
        do numbered = $"{name}_{(++number).ToString(CultureInfo.InvariantCulture)}";
        while (!Take(numbered));
        _last[name] = number;
        return numbered;
    }
}
