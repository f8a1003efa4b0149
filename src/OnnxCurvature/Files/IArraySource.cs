using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>Elements that are not in memory: parts of them are read, or made, when they are needed.</summary>
internal interface IArraySource
{
    /// <summary>The element type.</summary>
    ElementType Element { get; }

    /// <summary>The sizes, outermost first.</summary>
    IReadOnlyList<long> Shape { get; }

    /// <summary>Whether an element may be NaN.</summary>
    bool MayHoldNaN => Element.IsFloat();

    /// <summary>Reads the slice [start, end) of an axis, which the caller has checked.</summary>
    NpyArray ReadSlice(int axis, long start, long end);

    /// <summary>Reads all elements.</summary>
    NpyArray ReadAll();
}
