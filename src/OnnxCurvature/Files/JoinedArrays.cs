using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>Arrays one after the other along an axis. Each keeps to its file until a slice needs it.</summary>
internal sealed class JoinedArrays : IArraySource
{
    private readonly NpyArray[] _parts;
    private readonly long[] _starts;
    private readonly int _axis;
    private readonly long[] _shape;

    /// <summary>Joins arrays of one element type whose sizes agree along all other axes, as the caller has checked.</summary>
    public JoinedArrays(IReadOnlyList<NpyArray> parts, int axis)
    {
        _parts = [.. parts];
        _axis = axis;
        _starts = new long[_parts.Length];
        _shape = [.. _parts[0].Shape];
        long position = 0;
        for (var index = 0; index < _parts.Length; index++)
        {
            _starts[index] = position;
            position = checked(position + _parts[index].Shape[axis]);
        }
        _shape[axis] = position;
    }

    /// <inheritdoc/>
    public ElementType Element => _parts[0].Element;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => _shape;

    /// <inheritdoc/>
    public bool MayHoldNaN => _parts.Any(part => part.MayHoldNaN);

    /// <inheritdoc/>
    public NpyArray ReadSlice(int axis, long start, long end)
    {
        if (axis != _axis)
            return Concat([.. _parts.Select(part => part.Slice(axis, start, end))], _axis);
        var pieces = new List<NpyArray>();
        for (var index = PartAt(start); index < _parts.Length && (_starts[index] < end || pieces.Count == 0); index++)
        {
            var (part, from) = (_parts[index], _starts[index]);
            pieces.Add(part.Slice(axis, Math.Max(start, from) - from, Math.Min(end - from, part.Shape[axis])));
        }
        return Concat(pieces, axis);
    }

    /// <inheritdoc/>
    public NpyArray ReadAll() => ReadSlice(_axis, 0, _shape[_axis]);

    /// <summary>The part that holds a position of the axis.</summary>
    public int PartAt(long position)
    {
        var at = Array.BinarySearch(_starts, position);
        if (at < 0)
            at = ~at - 1;
        // Of empty parts, and the one after them, the last begins there.
        while (at + 1 < _starts.Length && _starts[at + 1] <= position)
            at++;
        return at;
    }

    /// <summary>Arrays in memory as one.</summary>
    internal static NpyArray Concat(IReadOnlyList<NpyArray> pieces, int axis)
    {
        if (pieces is [var only])
            return only;
        long[] shape = [.. pieces[0].Shape];
        shape[axis] = pieces.Sum(piece => piece.Shape[axis]);
        var element = pieces[0].Element;
        var data = NpyReader.Allocate(element, shape, "A part of --data");
        var runs = NpyArray.CountOf(shape.AsSpan(0, axis));
        var inner = NpyArray.CountOf(shape.AsSpan(axis + 1)) * element.Size();
        var whole = inner * shape[axis];
        long offset = 0;
        foreach (var piece in pieces)
        {
            var (length, bytes) = ((int)(inner * piece.Shape[axis]), piece.Data);
            for (long run = 0; run < runs && length > 0; run++)
                bytes.AsSpan((int)(run * length), length).CopyTo(data.AsSpan((int)(run * whole + offset)));
            offset += length;
        }
        return new NpyArray(element, shape, data);
    }
}
