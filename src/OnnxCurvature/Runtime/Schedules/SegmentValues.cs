using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// The values that the steps of a run have given: those that all its segments share, and those that come from the directions of one. It
/// owns what is put into it, until that is freed or handed out.
/// </summary>
/// <param name="given">The values that the caller owns.</param>
/// <param name="segments">The number of segments.</param>
internal sealed class SegmentValues(IReadOnlyDictionary<Value, OrtValue> given, int segments) : IDisposable
{
    private readonly Dictionary<Value, OrtValue> _shared = [];
    private readonly Dictionary<Value, OrtValue>[] _separate =
    [
        .. Enumerable.Range(0, segments).Select(_ => new Dictionary<Value, OrtValue>()),
    ];

    /// <summary>Whether one of the values comes from the directions of a segment.</summary>
    public bool AreSeparate(IEnumerable<Value> values) => values.Any(_separate[0].ContainsKey);

    /// <summary>Whether a value is there.</summary>
    public bool Has(Value value) => given.ContainsKey(value) || _shared.ContainsKey(value) || _separate[0].ContainsKey(value);

    /// <summary>A value as a segment has it.</summary>
    public OrtValue Of(Value value, int segment) =>
        _separate[segment].TryGetValue(value, out var own) ? own
        : _shared.TryGetValue(value, out var shared) ? shared
        : given[value];

    /// <summary>Takes a value that all segments share.</summary>
    public void Share(Value value, OrtValue tensor) => _shared.Add(value, tensor);

    /// <summary>Takes the value of one segment.</summary>
    public void Put(Value value, int segment, OrtValue tensor) => _separate[segment].Add(value, tensor);

    /// <summary>Disposes of all but some values.</summary>
    public void KeepOnly(IReadOnlySet<Value> needed)
    {
        foreach (var values in _separate.Prepend(_shared))
        foreach (var (value, tensor) in values.Where(entry => !needed.Contains(entry.Key)).ToArray())
        {
            tensor.Dispose();
            values.Remove(value);
        }
    }

    /// <summary>Hands out values by segment. The caller disposes of them: each segment has a copy of what they share.</summary>
    public IReadOnlyList<IReadOnlyDictionary<Value, OrtValue>> HandOut(IReadOnlyCollection<Value> outputs)
    {
        var handed = _separate.Select(_ => new Dictionary<Value, OrtValue>()).ToArray();
        foreach (var output in outputs.Distinct())
        foreach (var (segment, values) in handed.Index())
            values[output] =
                _separate[segment].Remove(output, out var own) ? own
                : segment == segments - 1 && _shared.Remove(output, out var shared) ? shared
                : OrtTensors.Copy(Of(output, segment));
        return handed;
    }

    /// <inheritdoc/>
    public void Dispose() => KeepOnly(new HashSet<Value>());
}
