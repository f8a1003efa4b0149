using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The greatest of all inputs, under broadcasting.</summary>
internal sealed class Max : ExtremeElementwise
{
    /// <summary>The greatest of two values.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Max>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override double Function(ReadOnlySpan<double> elements)
    {
        var extreme = elements[0];
        foreach (var element in elements)
            extreme = Math.Max(extreme, element);
        return extreme;
    }
}
