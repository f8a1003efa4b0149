using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>Some positions of an array's axis, in their order.</summary>
/// <param name="array">The array.</param>
/// <param name="axis">The axis.</param>
/// <param name="ranges">Ranges [start, end) that follow each other.</param>
internal sealed class ArrayPositions(NpyArray array, int axis, ImmutableArray<(long Start, long End)> ranges) : IArraySource
{
    private readonly long[] _shape =
    [
        .. array.Shape.Take(axis),
        ranges.Sum(range => range.End - range.Start),
        .. array.Shape.Skip(axis + 1),
    ];

    /// <inheritdoc/>
    public ElementType Element => array.Element;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => _shape;

    /// <inheritdoc/>
    public bool MayHoldNaN => array.MayHoldNaN;

    /// <inheritdoc/>
    public NpyArray ReadSlice(int along, long start, long end)
    {
        if (along != axis)
            return ReadAll().Slice(along, start, end);
        var pieces = new List<NpyArray>();
        long passed = 0;
        foreach (var (from, to) in ranges)
        {
            var (first, last) = (Math.Max(from, from + start - passed), Math.Min(to, from + end - passed));
            if (first < last)
                pieces.Add(array.Slice(axis, first, last));
            passed += to - from;
            if (passed >= end)
                break;
        }
        return pieces.Count == 0 ? array.Slice(axis, 0, 0) : JoinedArrays.Concat(pieces, axis);
    }

    /// <inheritdoc/>
    public NpyArray ReadAll() => ReadSlice(axis, 0, _shape[axis]);
}
