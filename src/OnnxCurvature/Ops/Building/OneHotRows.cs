using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>One-hot rows, made of a comparison: it needs no operator of its own and has the same cost.</summary>
internal static class OneHotRows
{
    /// <summary>Larger rows would not fit in memory, where there is one for each sample.</summary>
    private const long MostDepth = 1L << 24;

    /// <summary>
    /// For integer indices of any shape, a value with one axis more, of size <paramref name="depth"/>, that is 1 where the
    /// position along it equals the index and 0 elsewhere.
    /// </summary>
    public static Value Of(GraphBuilder b, Value indices, long depth, ElementType element)
    {
        if (depth is < 0 or > MostDepth)
            throw new UnsupportedOperatorException($"rows of {depth} entries cannot be made; {MostDepth} at most are supported.");
        b.Budget.TakeTensor([depth]);
        var positions = b.Constant(
            Tensor.Of(indices.Type.Element, [depth], [.. Enumerable.Range(0, checked((int)depth)).Select(i => (long)i)])
        );
        return Cast.Of(b, Equal.Of(b, Reshape.InsertAxis(b, indices, indices.Type.Rank), positions), element);
    }
}
