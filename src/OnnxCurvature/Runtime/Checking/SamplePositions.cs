using OnnxCurvature.Ops;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>Which entries of a value belong to which sample, by their row-major positions.</summary>
internal sealed class SamplePositions
{
    private readonly long _size;
    private readonly long _outer;
    private readonly long _inner;
    private readonly long _behind;

    /// <summary>The places of samples in a value of a shape; where they are not distinguished, all of it is one sample.</summary>
    public SamplePositions(long[] shape, SampleLayout layout)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        if (!layout.IsSeparate)
        {
            _size = 1;
            _outer = 1;
            _inner = 1;
            _behind = count;
            (Samples, Each) = (1, count);
            return;
        }
        (_size, _outer, _inner) = (shape[layout.Axis], layout.Outer.Factor, layout.Inner.Factor);
        _behind = shape.Skip(layout.Axis + 1).Aggregate(1L, (product, size) => product * size);
        Samples = _size / (_outer * _inner);
        Each = count / Samples;
    }

    /// <summary>The number of samples.</summary>
    public long Samples { get; }

    /// <summary>Entries of one sample.</summary>
    public long Each { get; }

    /// <summary>Whether the places can be inferred: not where a factor of the axis is known only at run time.</summary>
    public static bool AreKnown(SampleLayout layout) =>
        !layout.IsSeparate || layout.Outer.Known is not null && layout.Inner.Known is not null;

    /// <summary>The position of the entry at an index of a sample, which counts that sample's entries alone.</summary>
    public long Entry(long sample, long index)
    {
        var (rest, behind) = Math.DivRem(index, _behind);
        var (before, within) = Math.DivRem(rest, _outer * _inner);
        var (o, i) = Math.DivRem(within, _inner);
        return (before * _size + (o * Samples + sample) * _inner + i) * _behind + behind;
    }

    /// <summary>The sample that an entry belongs to, and its index in that sample.</summary>
    public (long Sample, long Index) Of(long entry)
    {
        var (rest, behind) = Math.DivRem(entry, _behind);
        var (before, position) = Math.DivRem(rest, _size);
        var (group, i) = Math.DivRem(position, _inner);
        var (o, sample) = Math.DivRem(group, Samples);
        return (sample, (before * _outer * _inner + o * _inner + i) * _behind + behind);
    }
}
